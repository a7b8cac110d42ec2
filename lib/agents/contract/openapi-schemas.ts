import { cloudEvent, eventData } from './event.ts';
import { toJsonSchema } from './json-schema.ts';

type Schema = Record<string, unknown>;

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const object = (properties: Record<string, Schema>, required = Object.keys(properties)): Schema => ({
  type: 'object',
  properties,
  required,
});

const TEXT = { type: 'string' };
const COUNT = { type: 'integer', minimum: 0 };
const TIME = { type: 'string', format: 'date-time' };
const UUID = { type: 'string', format: 'uuid' };
const orNull = (schema: Schema) => ({ anyOf: [schema, { type: 'null' }] });

/** A schema without `$schema`, for embedding. */
const embedded = (schema: Schema): Schema =>
  Object.fromEntries(Object.entries(schema).filter(([keyword]) => keyword !== '$schema'));

/** The envelope of the JSON format, with `data` or `data_base64`. */
function envelope(): Schema {
  const { properties, required, ...rest } = embedded(toJsonSchema(cloudEvent)) as {
    properties: Record<string, Schema>;
    required: string[];
  };
  const data_base64 = { type: 'string', contentEncoding: 'base64', contentMediaType: 'application/json' };
  return {
    ...rest,
    description:
      'An attribute that is null counts as absent. Extension attributes are strings, 32-bit integers or booleans.',
    properties: { ...properties, data: ref('EventData'), data_base64 },
    required: required.filter((name) => name !== 'data'),
    oneOf: [{ required: ['data'] }, { required: ['data_base64'] }],
  };
}

const problemMembers = {
  type: { type: 'string', format: 'uri' },
  title: TEXT,
  status: { type: 'integer', minimum: 400, maximum: 599 },
  detail: TEXT,
};

/** Component schemas of the OpenAPI document. */
export const openapiSchemas = (): Record<string, Schema> => ({
  CloudEvent: envelope(),
  EventData: embedded(toJsonSchema(eventData)),
  EventError: object({
    index: { ...COUNT, description: 'Which event of the request' },
    pointer: { type: 'string', format: 'json-pointer', description: 'Where in the request (RFC 6901)' },
    detail: TEXT,
  }),
  Accepted: object({
    batchId: UUID,
    received: COUNT,
    accepted: COUNT,
    errors: { type: 'array', items: ref('EventError'), description: 'Events of a batch that were refused' },
  }),
  Batch: object({
    batchId: UUID,
    state: { enum: ['queued', 'done', 'dead'] },
    receivedAt: TIME,
    processedAt: orNull(TIME),
    ...{ received: COUNT, accepted: COUNT, stored: COUNT, duplicates: COUNT, conflicts: COUNT, failed: COUNT },
    results: { type: 'array', items: ref('EventResult'), description: 'Empty while the batch is queued' },
  }),
  EventResult: object({
    source: TEXT,
    id: TEXT,
    state: { enum: ['stored', 'duplicate', 'conflict', 'failed'] },
    auditEventId: orNull(UUID),
  }),
  Problem: {
    ...object(problemMembers),
    description: 'Problem details (RFC 9457)',
  },
  EventProblem: {
    ...object({ ...problemMembers, errors: { type: 'array', items: ref('EventError') } }, Object.keys(problemMembers)),
    description: 'Problem details with pointers to each problem',
  },
});
