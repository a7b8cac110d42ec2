import { z } from 'zod';
import { OUTCOMES } from '../../audit/events/catalogue.ts';
import { CONTROL_CLASS, INVISIBLE_CLASS } from '../../text.ts';
import { readEventTime } from './event-time.ts';
import { toJsonSchema } from './json-schema.ts';
import { RESERVED_NAMES } from './metadata.ts';
import { isJsonType, utf8MediaType } from './media-type.ts';

/** The schema of an agent's event: a CloudEvents 1.0 envelope whose `data` describes one action. The JSON Schema is generated from it. */

/** Text for display, without control characters. */
const label = (max: number) => characters(CONTROL_CLASS, max, 'must be printable text');
/** An identifier, without invisible characters: two different identifiers must not look the same. */
const name = (max: number) => characters(INVISIBLE_CLASS, max, 'must not contain invisible characters');
const uri = (max: number, error: string) => characters(` ${INVISIBLE_CLASS}`, max, error);

/** Length in code points, as in JSON Schema; lone surrogates and NUL are rejected before (`parseStrict`). */
const characters = (without: string, max: number, error: string) =>
  z
    .string()
    .regex(new RegExp(`^[^${without}]{1,${max}}$`, 'u'), `${error}, of 1 to ${max} characters`)
    .meta({ minLength: 1, maxLength: max });

const slug = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a lower-case word of at most 40 characters');

/** Dotted lower-case words. In the audit log an agent's action has the prefix `agent.`, which our own actions never use. */
export const AGENT_ACTION = /^[a-z][a-z_]*(\.[a-z][a-z_]*){0,5}$/;
export const AGENT_ACTION_PREFIX = 'agent.';

/** Values are validated by `metadata.ts`; the schema only restricts names. */
const metadata = z.record(
  z.string().meta({ pattern: `^[^${INVISIBLE_CLASS}]*$`, not: { enum: RESERVED_NAMES } }),
  z.unknown(),
);

export const eventData = z.strictObject({
  action: z
    .string()
    .max(100)
    .regex(AGENT_ACTION, 'must be dotted lower-case words, like deploy.finished')
    .describe('What was done; recorded in the audit log as agent.<action>'),
  outcome: z.enum(OUTCOMES).describe('How it ended'),
  actor: z
    .strictObject({ id: name(200), label: label(200).optional() })
    .describe('Who did it; recorded in the audit log as <agent>:<id>'),
  target: z
    .strictObject({ type: slug, id: name(200), label: label(200).optional() })
    .optional()
    .describe('What it was done to'),
  correlationId: name(200).optional().describe('Links events of one operation'),
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9_.-]{0,99}$/, 'must be a lower-case code')
    .optional()
    .describe('A constant code for a failure or a denial'),
  metadata: metadata
    .optional()
    .describe(
      'Anything else, at most 16,384 characters as JSON and 8 levels deep; no number beyond 2^53, no name twice',
    ),
});

const time = z
  .string()
  .meta({ format: 'date-time' })
  .transform((text, context) => {
    const read = readEventTime(text);
    if (read !== null) return { ...read, text };
    context.addIssue('must be an RFC 3339 time');
    return z.NEVER;
  });

const jsonMediaType = z
  .string()
  .max(100)
  .refine((text) => isJsonType(utf8MediaType(text) ?? ''), 'must be JSON in UTF-8');

/** Context attributes of CloudEvents 1.0.2, section 3.1; extension attributes are allowed. */
export const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: name(128),
  source: uri(256, 'must be a URI-reference'),
  type: name(256),
  subject: name(256).optional(),
  time: time.optional(),
  datacontenttype: jsonMediaType.optional(),
  dataschema: uri(512, 'must be a URI').optional(),
  data: eventData,
});

export type AgentEvent = z.output<typeof cloudEvent>;

/** The published JSON Schema (draft 2020-12) of `data`. */
export function dataSchema(): Record<string, unknown> {
  return { ...toJsonSchema(eventData), title: 'data of an agent’s event' };
}
