import { fail, ok, type Result } from '../errors.ts';
import { toPointer } from '../json/pointer.ts';
import { decodeUtf8, findInvalidUtf8 } from '../json/utf8.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** The largest body comes in time over a line of 300 kbit/s; in milliseconds. */
const BODY_WITHIN_MS = 30_000;

/**
 * Reads a request body, giving up as soon as it is too long or takes too long: a client that lies about its length, or sends a byte now and
 * then, costs 1 MiB and half a minute, not more.
 * @returns `too_large` beyond 1 MiB, `bad_request` when it is not UTF-8, breaks off or is late.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  withinMs = BODY_WITHIN_MS,
): Promise<Result<string>> {
  if (body === null) return ok('');
  const reader = body.getReader();
  let late = false;
  // Cancelling ends the read that waits, as if the body had ended.
  const deadline = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => undefined);
  }, withinMs);
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > MAX_BODY_BYTES) {
        await reader.cancel().catch(() => undefined);
        return fail('too_large', `A request may have at most ${MAX_BODY_BYTES} bytes. Send fewer events at once.`);
      }
      chunks.push(value);
    }
    if (late) return fail('bad_request', 'The body did not arrive in time. Send fewer events at once.');
  } catch {
    return fail('bad_request', 'The body broke off.');
  } finally {
    clearTimeout(deadline);
  }
  return decodeBody(Buffer.concat(chunks));
}

function decodeBody(bytes: Buffer): Result<string> {
  const text = decodeUtf8(bytes);
  if (text !== null) return ok(text);
  return fail('bad_request', 'The body is not UTF-8; `errors` points to the first place.', {
    errors: [{ index: 0, pointer: toPointer(findInvalidUtf8(bytes)), detail: 'holds bytes that are not UTF-8' }],
  });
}
