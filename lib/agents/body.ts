import { fail, ok, type Result } from '../errors.ts';

export const MAX_BODY_BYTES = 1_048_576;

/**
 * Reads a request body, giving up as soon as it is too long: a client that lies about its length costs 1 MiB and not more.
 * @returns `too_large` beyond 1 MiB, `bad_request` when it is not UTF-8 or breaks off.
 */
export async function readBody(body: ReadableStream<Uint8Array> | null): Promise<Result<string>> {
  if (body === null) return ok('');
  const reader = body.getReader();
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
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    return fail('bad_request', 'The body broke off or is not UTF-8.');
  }
}
