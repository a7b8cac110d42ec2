import { z } from 'zod';
import { OUTCOMES } from '../../audit/events/catalogue.ts';
import { CONTROL_CLASS, INVISIBLE_CLASS } from '../../text.ts';
import { readEventTime } from './event-time.ts';
import { toJsonSchema } from './json-schema.ts';
import { RESERVED_NAMES } from './metadata.ts';
import { isJsonType, utf8MediaType } from './media-type.ts';

/** What an agent may say: a CloudEvents 1.0 envelope whose `data` is one act. The JSON Schema is made from here. */

/** A text that people read: shown where it cannot turn what stands around it. */
const label = (max: number) => characters(CONTROL_CLASS, max, 'must be printable text');
/** A text that names something: what nobody sees would make two names of what looks like one. */
const name = (max: number) => characters(INVISIBLE_CLASS, max, 'must be text whose characters are all seen');
const uri = (max: number, error: string) => characters(` ${INVISIBLE_CLASS}`, max, error);

/** Counted in code points, as JSON Schema counts; half a character and NUL are refused before (`parseStrict`). */
const characters = (without: string, max: number, error: string) =>
  z
    .string()
    .regex(new RegExp(`^[^${without}]{1,${max}}$`, 'u'), `${error}, of 1 to ${max} characters`)
    .meta({ minLength: 1, maxLength: max });

const word = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a lower-case word of at most 40 characters');

/** Dotted words. In the audit log an agent's action stands under `agent.`, which no action of ours uses. */
export const AGENT_ACTION = /^[a-z][a-z_]*(\.[a-z][a-z_]*){0,5}$/;
export const AGENT_ACTION_PREFIX = 'agent.';

/** What stands in it is checked by `metadata.ts`; the schema tells of its own names. */
const metadata = z.record(
  z.string().meta({ pattern: `^[^${INVISIBLE_CLASS}]*$`, not: { enum: RESERVED_NAMES } }),
  z.unknown(),
);

export const eventData = z.strictObject({
  action: z
    .string()
    .max(100)
    .regex(AGENT_ACTION, 'must be dotted lower-case words, like deploy.finished')
    .describe('What was done; stands in the audit log as agent.<action>'),
  outcome: z.enum(OUTCOMES).describe('How it ended'),
  actor: z
    .strictObject({ id: name(200), label: label(200).optional() })
    .describe('Who did it; stands in the audit log as <agent>:<id>'),
  target: z
    .strictObject({ type: word, id: name(200), label: label(200).optional() })
    .optional()
    .describe('What it was done to'),
  correlationId: name(200).optional().describe('Ties events of one operation together'),
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

/** Context attributes of CloudEvents 1.0.2, section 3.1; extensions may stand beside them. */
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
