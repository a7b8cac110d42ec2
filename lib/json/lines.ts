/** NDJSON reading and writing. Lines end only at LF: Node's readline also splits at CR, U+2028 and U+2029, which may occur inside JSON. */

/** Upper bound of a line, to protect memory from files that are not NDJSON. */
const MAX_LINE_BYTES = 16 * 1024 ** 2;

const LF = 10;

/** Characters that other readers treat as line ends (Python's splitlines, editors); they are escaped. */
const OTHER_LINE_ENDS = /[\u0085\u2028\u2029]/g;

/** A value as one NDJSON line including LF. */
export function toLine(value: unknown): string {
  const escape = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return `${JSON.stringify(value).replace(OTHER_LINE_ENDS, escape)}\n`;
}

/**
 * Lines of a stream as bytes without LF; the last line may lack it. Decode them with `decodeUtf8()`.
 * @throws when a line has more than 16 MiB.
 */
export async function* readLines(input: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      const rest = bytes.subarray(start, end);
      yield begun.length === 0 ? rest : Buffer.concat([...begun, rest]);
      begun = [];
      size = 0;
      start = end + 1;
    }
    if (start === bytes.length) continue;
    begun.push(bytes.subarray(start));
    size += bytes.length - start;
    if (size > MAX_LINE_BYTES) throw new Error(`a line has more than ${MAX_LINE_BYTES} bytes: this is not NDJSON`);
  }
  if (size > 0) yield Buffer.concat(begun);
}
