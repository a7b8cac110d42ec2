import { z } from 'zod';
import { OUTCOMES } from '../audit/catalogue.ts';

/** What an agent may say: a CloudEvents 1.0 envelope whose `data` is one act. The JSON Schema is made from here. */

/** No control characters and no lone surrogates: PostgreSQL stores neither NUL nor half a character. */
const PRINTABLE = /^[^\p{Cc}\p{Cs}]+$/u;
const text = (max: number) => z.string().min(1).max(max).regex(PRINTABLE, 'must be printable text');
const uriReference = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^\s\p{Cc}\p{Cs}]+$/u, 'must be a URI-reference');
const word = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/, 'must be a lower-case word of at most 40 characters');

/** Dotted words. In the audit log an agent's action stands under `agent.`, which no action of ours uses. */
export const AGENT_ACTION = /^[a-z][a-z_]*(\.[a-z][a-z_]*){0,5}$/;
export const AGENT_ACTION_PREFIX = 'agent.';

const MAX_METADATA_CHARS = 16_384;
const MAX_METADATA_DEPTH = 8;

/** Keys and strings that PostgreSQL's jsonb takes, to a bounded depth. Line breaks are fine here, NUL is not. */
function isStorable(value: unknown, depth = 0): boolean {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0');
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_METADATA_DEPTH) return false;
  return Object.entries(value).every(([key, item]) => isStorable(key) && isStorable(item, depth + 1));
}

const metadata = z
  .record(z.string(), z.unknown())
  .refine((value) => isStorable(value), {
    error: `must nest at most ${MAX_METADATA_DEPTH} deep and hold no NUL characters`,
    // Writing a hundred thousand levels as JSON would overflow the stack.
    abort: true,
  })
  .refine(
    (value) => JSON.stringify(value).length <= MAX_METADATA_CHARS,
    `must have at most ${MAX_METADATA_CHARS} characters as JSON`,
  );

export const eventData = z.strictObject({
  action: z
    .string()
    .max(100)
    .regex(AGENT_ACTION, 'must be dotted lower-case words, like deploy.finished')
    .describe('What was done; stands in the audit log as agent.<action>'),
  outcome: z.enum(OUTCOMES).describe('How it ended'),
  actor: z
    .strictObject({ id: text(200), label: text(200).optional() })
    .describe('Who did it; stands in the audit log as <agent>:<id>'),
  target: z
    .strictObject({ type: word, id: text(200), label: text(200).optional() })
    .optional()
    .describe('What it was done to'),
  correlationId: text(200).optional().describe('Ties events of one operation together'),
  reason: z
    .string()
    .regex(/^[a-z][a-z0-9_.-]{0,99}$/, 'must be a lower-case code')
    .optional()
    .describe('A constant code for a failure or a denial'),
  metadata: metadata.optional().describe('Anything else, at most 16,384 characters as JSON and 8 levels deep'),
});

/** Context attributes of CloudEvents 1.0.2, section 3.1; extensions may stand beside them. */
export const cloudEvent = z.looseObject({
  specversion: z.literal('1.0'),
  id: text(128),
  source: uriReference,
  type: text(256),
  subject: text(256).optional(),
  time: z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time' }).optional(),
  datacontenttype: z
    .string()
    .max(100)
    .regex(/^application\/([a-z0-9.+-]+\+)?json\s*(;.*)?$/i, 'must be JSON')
    .optional(),
  dataschema: z
    .string()
    .max(512)
    .regex(/^[^\s\p{Cc}\p{Cs}]+$/u, 'must be a URI')
    .optional(),
  data: eventData,
});

export type AgentEvent = z.output<typeof cloudEvent>;

/** The published JSON Schema (draft 2020-12) of `data`. */
export function dataSchema(): Record<string, unknown> {
  return { ...z.toJSONSchema(eventData, { io: 'input', unrepresentable: 'any' }), title: 'data of an agent’s event' };
}
