import { promisify } from 'node:util';
import { gunzip as gunzipWithCallback, type Gunzip } from 'node:zlib';
import { fail, ok, type Result } from '../../errors.ts';

/** What a body may be packed with; the answer to anything else names it (RFC 9110, section 12.5.3). */
const ACCEPTED = 'gzip';

/** How a body is packed. @returns `unsupported_media_type` with `acceptEncoding` for all but gzip, several layers of it included. */
export function readContentEncoding(header: string | null): Result<'gzip' | null> {
  if (header === null || header.trim() === '') return ok(null);
  if (/^(?:x-)?gzip$/i.test(header.trim())) return ok('gzip');
  return fail('unsupported_media_type', `Content-Encoding may be ${ACCEPTED}, or absent.`, {
    acceptEncoding: ACCEPTED,
  });
}

/** Unpacks bytes, stopping where they become too many: a megabyte of gzip can be a gigabyte. @returns `too_large` or `bad_request`. */
export async function unpack(packed: Buffer, maxBytes: number): Promise<Result<Buffer>> {
  try {
    const { buffer, engine } = await gunzip(packed, { maxOutputLength: maxBytes, info: true });
    // Node passes over what stands behind the last member.
    if (engine.bytesWritten === packed.length) return ok(buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      return fail('too_large', `A request may have at most ${maxBytes} bytes unpacked. Send fewer events at once.`);
  }
  return fail('bad_request', 'The body is not gzip, or is broken.');
}

/** With `info` the result carries the engine, which the types do not know. */
const gunzip = promisify(gunzipWithCallback) as unknown as (
  packed: Buffer,
  options: { maxOutputLength: number; info: true },
) => Promise<{ buffer: Buffer; engine: Gunzip }>;
