import { promisify } from 'node:util';
import { type Gunzip, gunzip as gunzipWithCallback } from 'node:zlib';
import { fail, ok, type Result } from '../../errors.ts';
import { toPointer } from '../../json/pointer.ts';
import { decodeUtf8, findInvalidUtf8 } from '../../json/utf8.ts';

export const MAX_BODY_BYTES = 1_048_576;

/** Time limit for the body, in milliseconds; enough for the largest body at 300 kbit/s. */
const BODY_TIMEOUT_MS = 30_000;

const TOO_LARGE = fail('too_large', `A request may have at most ${MAX_BODY_BYTES} bytes. Send fewer events at once.`);

/**
 * Reads the body of a request and decompresses gzip. The size limit applies before and after decompression.
 * @param headers `Content-Length` and `Content-Encoding` are used.
 * @returns `unsupported_media_type` for another encoding and `too_large` above 1 MiB, from the headers alone where possible;
 * `too_slow` after the time limit; `bad_request` when it is not UTF-8, not gzip, or incomplete.
 */
export async function readBody(
  body: ReadableStream<Uint8Array> | null,
  headers = new Headers(),
  timeoutMs = BODY_TIMEOUT_MS,
): Promise<Result<string>> {
  const encoding = readContentEncoding(headers.get('content-encoding'));
  if (!encoding.ok) return encoding;
  if (Number(headers.get('content-length')) > MAX_BODY_BYTES) return TOO_LARGE;
  const sent = body === null ? ok(Buffer.alloc(0)) : await readBytes(body, timeoutMs);
  const plain = sent.ok && encoding.value === 'gzip' ? await decompress(sent.value, MAX_BODY_BYTES) : sent;
  return plain.ok ? decodeBody(plain.value) : plain;
}

/** Aborts when a body is too large or too slow, so that a malicious client costs at most 1 MiB and half a minute. */
async function readBytes(body: ReadableStream<Uint8Array>, timeoutMs: number): Promise<Result<Buffer>> {
  const reader = body.getReader();
  let late = false;
  // Cancelling ends the read that waits, as if the body had ended.
  const deadline = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => undefined);
  }, timeoutMs);
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
    return fail('bad_request', 'The body is incomplete.');
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

/** The supported content encoding, named in the response to any other (RFC 9110, section 12.5.3). */
const ACCEPTED = 'gzip';

/** Parses Content-Encoding. @returns `unsupported_media_type` with `acceptEncoding` for anything but a single gzip. */
function readContentEncoding(header: string | null): Result<'gzip' | null> {
  if (header === null || header.trim() === '') return ok(null);
  if (/^(?:x-)?gzip$/i.test(header.trim())) return ok('gzip');
  return fail('unsupported_media_type', `Content-Encoding may be ${ACCEPTED}, or absent.`, {
    acceptEncoding: ACCEPTED,
  });
}

/** Decompresses with a size limit: a megabyte of gzip can be a gigabyte. @returns `too_large` or `bad_request`. */
async function decompress(compressed: Buffer, maxBytes: number): Promise<Result<Buffer>> {
  try {
    const { buffer, engine } = await gunzip(compressed, { maxOutputLength: maxBytes, info: true });
    // Node ignores data after the last gzip member.
    if (engine.bytesWritten === compressed.length) return ok(buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return fail('too_large', `A request may have at most ${maxBytes} bytes unpacked. Send fewer events at once.`);
  }
  return fail('bad_request', 'The body is not valid gzip.');
}

/** With `info` the result carries the engine, which the types do not know. */
const gunzip = promisify(gunzipWithCallback) as unknown as (
  compressed: Buffer,
  options: { maxOutputLength: number; info: true },
) => Promise<{ buffer: Buffer; engine: Gunzip }>;
