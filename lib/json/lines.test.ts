import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readLines, toLine } from './lines.ts';
import { decodeUtf8 } from './utf8.ts';

const LAST = 0x10ffff;

async function read(chunks: Iterable<Uint8Array>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLines(Readable.from(chunks))) lines.push(decodeUtf8(line) ?? 'not UTF-8');
  return lines;
}

/** A text for each code point of Unicode, half characters included; many in one value, or the test would take minutes. */
function* everyCodePoint(atOnce: number): Generator<string[]> {
  for (let first = 0; first <= LAST; first += atOnce) {
    const count = Math.min(atOnce, LAST + 1 - first);
    yield Array.from({ length: count }, (_, n) => `a${String.fromCodePoint(first + n)}b`);
  }
}

test('every code point of Unicode, as a value and as a name, comes back from the one line it was written to', async () => {
  const values = [...everyCodePoint(4096)].map((texts) => ({ texts, [texts.join('')]: 1 }));
  const text = values.map(toLine).join('');
  const lines = await read([Buffer.from(text)]);
  expect(lines).toHaveLength(values.length);
  for (const [n, line] of lines.entries())
    expect(JSON.stringify(JSON.parse(line)) === JSON.stringify(values[n]), `texts ${n}`).toBe(true);
});

test('a raw line may hold every code point but LF and still be one line', async () => {
  for (const texts of everyCodePoint(65_536)) {
    const line = texts.join('').replaceAll('\n', '').toWellFormed();
    expect(await read([Buffer.from(`${line}\n${line}`)])).toEqual([line, line]);
  }
});

test('readers that know more ends of a line find none of them in what is written', async () => {
  const line = toLine({ a: 'one\u2028two\u2029three\u0085four\rfive\vsix\fseven\u001ceight' });
  const found: string[] = [];
  for await (const one of createInterface({ input: Readable.from([line]), crlfDelay: Infinity })) found.push(one);
  expect(found).toHaveLength(1);
  const ends = ['\n', '\v', '\f', '\r', '\u001c', '\u001d', '\u001e', '\u0085', '\u2028', '\u2029'];
  expect(ends.filter((end) => line.slice(0, -1).includes(end))).toEqual([]);
});

test('lines do not depend on where a stream is cut, and a last one needs no end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
      const bytes = Buffer.from(texts.map((text) => `${text.replaceAll('\n', '')}\n`).join('') + 'last');
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      expect(await read(chunks)).toEqual([...texts.map((text) => text.replaceAll('\n', '')), 'last']);
    }),
  );
  expect(await read([Buffer.from('\n\na\r\n')])).toEqual(['', '', 'a\r']);
});

test('a file without lines is refused before it fills the memory', async () => {
  const endless = Array.from({ length: 20 }, () => Buffer.alloc(1024 ** 2, 'x'));
  await expect(read(endless)).rejects.toThrow('not NDJSON');
});
