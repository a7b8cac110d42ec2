import { fail, ok, type Result } from '../errors.ts';

/**
 * The three ways of the CloudEvents HTTP binding 1.0.2: structured (one event as JSON), batch (a JSON array) and binary (attributes in
 * `ce-` headers, `data` as the body). Only takes the message apart; what is in it is checked by `validate.ts`.
 */
export interface Message {
  mode: 'structured' | 'binary' | 'batch';
  /** Envelopes as they came, unchecked. */
  events: unknown[];
}

export const MAX_EVENTS = 1000;

const MEDIA_TYPES =
  'Use application/cloudevents+json, application/cloudevents-batch+json, or application/json with ce- headers.';

/** @returns `unsupported_media_type`, `bad_request` (not JSON, empty batch) or `too_large` (over 1,000 events). */
export function takeApart(headers: Headers, body: string): Result<Message> {
  const [mediaType = ''] = (headers.get('content-type') ?? '').toLowerCase().split(';');
  switch (mediaType.trim()) {
    case 'application/cloudevents-batch+json':
      return batch(body);
    case 'application/cloudevents+json':
      return single('structured', body, (event) => event);
    default:
      if (!headers.has('ce-specversion')) return fail('unsupported_media_type', MEDIA_TYPES);
      if (!/^application\/([a-z0-9.+-]+\+)?json$/.test(mediaType.trim()))
        return fail('unsupported_media_type', 'In binary mode the body must be JSON.');
      return single('binary', body, (data) => ({ ...attributes(headers), data }));
  }
}

function single(mode: 'structured' | 'binary', body: string, wrap: (value: unknown) => unknown): Result<Message> {
  const parsed = parseJson(body);
  return parsed.ok ? ok({ mode, events: [wrap(parsed.value)] }) : parsed;
}

function batch(body: string): Result<Message> {
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const events = parsed.value;
  if (!Array.isArray(events)) return fail('bad_request', 'A batch is a JSON array of events.');
  if (events.length === 0) return fail('bad_request', 'The batch holds no events.');
  if (events.length > MAX_EVENTS) return fail('too_large', `A batch may hold at most ${MAX_EVENTS} events.`);
  return ok({ mode: 'batch', events });
}

function parseJson(body: string): Result<unknown> {
  try {
    return ok(JSON.parse(body));
  } catch {
    return fail('bad_request', 'The body is not JSON.');
  }
}

/** Header values are percent-encoded (HTTP binding, section 3.1.3.2); one that does not decode is left for the checks to refuse. */
function attributes(headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of headers) if (name.startsWith('ce-')) found[name.slice(3)] = decode(value);
  return found;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
