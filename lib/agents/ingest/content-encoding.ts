import { promisify } from 'node:util';
import { gunzip as gunzipWithCallback, type Gunzip } from 'node:zlib';
import { fail, ok, type Result } from '../../errors.ts';

/** The supported content encoding, named in the response to any other (RFC 9110, section 12.5.3). */
const ACCEPTED = 'gzip';

/** Parses Content-Encoding. @returns `unsupported_media_type` with `acceptEncoding` for anything but a single gzip. */
export function readContentEncoding(header: string | null): Result<'gzip' | null> {
  if (header === null || header.trim() === '') return ok(null);
  if (/^(?:x-)?gzip$/i.test(header.trim())) return ok('gzip');
  return fail('unsupported_media_type', `Content-Encoding may be ${ACCEPTED}, or absent.`, {
    acceptEncoding: ACCEPTED,
  });
}

/** Decompresses with a size limit: a megabyte of gzip can be a gigabyte. @returns `too_large` or `bad_request`. */
export async function decompress(compressed: Buffer, maxBytes: number): Promise<Result<Buffer>> {
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
