import { fail, ok, type Result } from '../../errors.ts';
import { toPointer, type Path } from '../../json/pointer.ts';
import { parseStrict, type JsonProblem } from '../../json/strict.ts';
import { readAttributes } from './binary-headers.ts';
import { isJsonType, utf8MediaType } from '../contract/media-type.ts';

/** Why one event was refused. `pointer` is a JSON Pointer (RFC 6901) into the request. */
export interface EventProblem {
  index: number;
  pointer: string;
  detail: string;
}

/**
 * A parsed message of the CloudEvents HTTP binding 1.0.2: structured (one event as JSON), batch (a JSON array) or binary (attributes in
 * `ce-` headers, `data` as the body). Its content is validated by `validate.ts`.
 */
export interface Message {
  mode: 'structured' | 'binary' | 'batch';
  /** Envelopes, not yet validated. */
  events: unknown[];
  /** Problems of lossless JSON parsing; pointers start at the event. */
  problems: EventProblem[];
}

export const MAX_EVENTS = 1000;

export const STRUCTURED_TYPE = 'application/cloudevents+json';
export const BATCH_TYPE = 'application/cloudevents-batch+json';

const MEDIA_TYPES = `Use ${STRUCTURED_TYPE}, ${BATCH_TYPE}, or application/json with ce- headers, in UTF-8.`;

/** @returns `unsupported_media_type`, `bad_request` (not JSON) or `too_large` (over 1,000 events). */
export function parseMessage(headers: Headers, body: string): Result<Message> {
  const type = utf8MediaType(headers.get('content-type') ?? '');
  if (type === BATCH_TYPE) return batch(body);
  if (type === STRUCTURED_TYPE) return structured(body);
  if (type === null || !headers.has('ce-specversion')) return fail('unsupported_media_type', MEDIA_TYPES);
  if (!isJsonType(type)) return fail('unsupported_media_type', 'In binary mode the body must be JSON.');
  return binary(headers, body);
}

function structured(body: string): Result<Message> {
  const parsed = parse(body);
  if (!parsed.ok) return parsed;
  const { value, problems } = parsed.value;
  return ok({ mode: 'structured', events: [value], problems: problems.map(({ path, detail }) => at(0, path, detail)) });
}

function batch(body: string): Result<Message> {
  const parsed = parse(body);
  if (!parsed.ok) return parsed;
  const { value, problems } = parsed.value;
  if (!Array.isArray(value)) return fail('bad_request', 'A batch is a JSON array of events.');
  if (value.length > MAX_EVENTS) return fail('too_large', `A batch may hold at most ${MAX_EVENTS} events.`);
  return ok({
    mode: 'batch',
    events: value,
    problems: problems.map(({ path: [index, ...path], detail }) => at(Number(index), path, detail)),
  });
}

function binary(headers: Headers, body: string): Result<Message> {
  const parsed = parse(body);
  if (!parsed.ok) return parsed;
  const { value: data, problems } = parsed.value;
  const { attributes, unreadable } = readAttributes(headers);
  return ok({
    mode: 'binary',
    events: [{ ...attributes, data }],
    problems: [
      ...unreadable.map((name) =>
        at(0, [name], 'is not a header as the HTTP binding writes one: percent-encoded UTF-8'),
      ),
      ...('data' in attributes ? [at(0, ['data'], 'is not an attribute: in binary mode the body is the data')] : []),
      ...problems.map(({ path, detail }) => at(0, ['data', ...path], detail)),
    ],
  });
}

const at = (index: number, path: Path, detail: string): EventProblem => ({ index, pointer: toPointer(path), detail });

function parse(body: string): Result<{ value: unknown; problems: JsonProblem[] }> {
  const parsed = parseStrict(body);
  return parsed.ok ? ok(parsed) : fail('bad_request', `The body ${parsed.detail}.`);
}
