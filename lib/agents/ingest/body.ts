import { fail, ok, type Result } from '../../errors.ts';
import { toPointer } from '../../json/pointer.ts';
import { decodeUtf8, findInvalidUtf8 } from '../../json/utf8.ts';
import { readContentEncoding, unpack } from './content-encoding.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** The largest body comes in time over a line of 300 kbit/s; in milliseconds. */
const BODY_WITHIN_MS = 30_000;

const TOO_LARGE = fail('too_large', `A request may have at most ${MAX_BODY_BYTES} bytes. Send fewer events at once.`);

/**
 * Reads the text of a request, unpacking it where it is gzip. The limit holds for what came and for what it becomes.
 * @param headers `Content-Length` and `Content-Encoding` count.
 * @returns `unsupported_media_type` for another encoding and `too_large` for a longer body than 1 MiB, before anything is read where the
 * headers say so; `too_slow` when it is late; `bad_request` when it is not UTF-8, not gzip, or breaks off.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  headers = new Headers(),
  withinMs = BODY_WITHIN_MS,
): Promise<Result<string>> {
  const encoding = readContentEncoding(headers.get('content-encoding'));
  if (!encoding.ok) return encoding;
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES) return TOO_LARGE;
  const sent = body === null ? ok(Buffer.alloc(0)) : await readBytes(body, withinMs);
  const plain = sent.ok && encoding.value === 'gzip' ? await unpack(sent.value, MAX_BODY_BYTES) : sent;
  return plain.ok ? decodeBody(plain.value) : plain;
}

/**
 * Gives up as soon as a body is too long or takes too long: a client that lies about its length, or sends a byte now and then, costs 1 MiB
 * and half a minute, not more.
 */
async function readBytes(body: ReadableStream<Uint8Array>, withinMs: number): Promise<Result<Buffer>> {
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
        return TOO_LARGE;
      }
      chunks.push(value);
    }
    if (late) return fail('too_slow', 'The body did not arrive in time. Send fewer events at once.');
  } catch {
    return fail('bad_request', 'The body broke off.');
  } finally {
    clearTimeout(deadline);
  }
  return ok(Buffer.concat(chunks));
}

function decodeBody(bytes: Buffer): Result<string> {
  const text = decodeUtf8(bytes);
  if (text !== null) return ok(text);
  return fail('bad_request', 'The body is not UTF-8; `errors` points to the first place.', {
    errors: [{ index: 0, pointer: toPointer(findInvalidUtf8(bytes)), detail: 'holds bytes that are not UTF-8' }],
  });
}
