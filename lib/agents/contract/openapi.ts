import { STATUS, type ErrorCode } from '../../errors.ts';
import { MAX_BODY_BYTES } from '../ingest/body.ts';
import { BATCH_TYPE, MAX_EVENTS, STRUCTURED_TYPE } from '../ingest/cloudevents.ts';
import { openapiSchemas } from './openapi-schemas.ts';

type Part = Record<string, unknown>;

const json = (schema: Part, type = 'application/json') => ({ content: { [type]: { schema } } });
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const integer = { type: 'integer', minimum: 1 };

const RETRY_AFTER = { 'Retry-After': { description: 'Seconds to wait', required: true, schema: integer } };
const CHALLENGE = { 'WWW-Authenticate': { required: true, schema: { const: 'Bearer' } } };
const ACCEPT_ENCODING = {
  'Accept-Encoding': { description: 'When it is the encoding that is not taken', schema: { const: 'gzip' } },
};

/** Error responses of the agents' API. */
const FAILURES = {
  bad_request: {
    description: 'The body does not match its type, or is incomplete',
    schema: 'EventProblem',
  },
  unauthenticated: { description: 'The key is missing, unknown, expired or revoked', headers: CHALLENGE },
  not_found: { description: 'There is no such batch of this agent' },
  too_slow: { description: 'The body did not arrive in time' },
  conflict: { description: 'Source and id are used by an event with different content', schema: 'EventProblem' },
  too_large: { description: `More than ${MAX_BODY_BYTES} bytes, unpacked, or ${MAX_EVENTS} events` },
  unsupported_media_type: {
    description: 'Not a CloudEvent in UTF-8, or another encoding than gzip',
    headers: ACCEPT_ENCODING,
  },
  invalid_input: { description: 'No event was accepted; `errors` points to each problem', schema: 'EventProblem' },
  rate_limited: { description: 'Rate limit of the key exceeded', headers: RETRY_AFTER },
  internal: { description: 'Internal server error' },
  unavailable: { description: 'The database is unavailable, or the queue is full', headers: RETRY_AFTER },
} as const satisfies Partial<Record<ErrorCode, { description: string; headers?: Part; schema?: string }>>;

function failures(...codes: (keyof typeof FAILURES)[]): Record<string, Part> {
  return Object.fromEntries(
    codes.map((code) => {
      const { schema = 'Problem', ...rest }: { description: string; schema?: string } = FAILURES[code];
      return [String(STATUS[code]), { ...rest, ...json(ref(schema), 'application/problem+json') }];
    }),
  );
}

/** Attributes of binary mode. */
const ceHeader = (name: string, description: string): Part => ({
  name: `ce-${name}`,
  in: 'header',
  description: `Binary mode: ${description}; percent-encoded as the HTTP binding says`,
  schema: { type: 'string' },
});

const sendEvents: Part = {
  operationId: 'sendEvents',
  summary: 'Report CloudEvents 1.0, structured, in a batch or in binary mode',
  security: [{ key: [] }],
  parameters: [
    { name: 'Content-Encoding', in: 'header', description: 'Encoding of the body', schema: { enum: ['gzip'] } },
    ceHeader('specversion', '`1.0`'),
    ceHeader('id', 'unique together with `source`'),
    ceHeader('source', 'where it happened, a URI-reference'),
    ceHeader('type', 'what kind of event it is'),
    ceHeader('subject', 'what it is about'),
    ceHeader('time', 'when, as RFC 3339 writes it'),
    ceHeader('dataschema', 'a URI of the schema of the body'),
  ],
  requestBody: {
    required: true,
    description: `At most ${MAX_BODY_BYTES} bytes, also unpacked, in UTF-8. Binary mode takes \`application/…+json\` as well.`,
    content: {
      [STRUCTURED_TYPE]: { schema: ref('CloudEvent') },
      [BATCH_TYPE]: { schema: { type: 'array', maxItems: MAX_EVENTS, items: ref('CloudEvent') } },
      'application/json': { schema: ref('EventData') },
    },
  },
  responses: {
    '202': {
      description: 'The accepted events will be processed; the batch reports the result',
      headers: { Location: { description: 'The batch', required: true, schema: { type: 'string' } } },
      ...json(ref('Accepted')),
    },
    ...failures(
      ...(['bad_request', 'unauthenticated', 'too_slow', 'conflict', 'too_large'] as const),
      ...(['unsupported_media_type', 'invalid_input', 'rate_limited', 'internal', 'unavailable'] as const),
    ),
  },
};

const readBatch: Part = {
  operationId: 'readBatch',
  summary: 'The result of a batch, for the agent that sent it',
  security: [{ key: [] }],
  parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
  responses: {
    '200': { description: 'The batch', ...json(ref('Batch')) },
    ...failures('unauthenticated', 'not_found', 'internal', 'unavailable'),
  },
};

const document = (operationId: string, summary: string, type: string): Part => ({
  operationId,
  summary,
  security: [],
  responses: { '200': { description: summary, ...json({ type: 'object' }, type) } },
});

export const SCHEMA_TYPE = 'application/schema+json';

/** The agents' API as an OpenAPI 3.1 document; a test compares it with what the handlers answer. */
export const openapi = (): Part => ({
  openapi: '3.1.0',
  info: {
    title: 'golive: events of agents',
    version: '1.0.0',
    description: 'Machines report events into the audit log. Repeating a request is always safe.',
  },
  jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
  paths: {
    '/api/agent/events': { post: sendEvents },
    '/api/agent/batches/{id}': { get: readBatch },
    '/api/agent/schema': { get: document('readSchema', 'The JSON Schema of an event’s data', SCHEMA_TYPE) },
    '/api/agent/openapi.json': { get: document('readDescription', 'This description', 'application/json') },
  },
  components: {
    securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'A key of an agent, `glk_…`' } },
    schemas: openapiSchemas(),
  },
});
