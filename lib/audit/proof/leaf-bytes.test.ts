import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { keptOf, LEAF_TEXTS, leafBytes, leafRowOf } from './leaf-bytes.ts';

/** Every character that JSON escapes, and others of one to four bytes. */
const HARD = `${String.fromCharCode(...Array.from({ length: 127 }, (_, code) => code + 1))}é€😀`;

const texts = LEAF_TEXTS.map((name) => (name === 'schemaVersion' ? '3' : name === 'ip' ? null : `${name} ${HARD}`));
const row = leafRowOf(1_700_000_000_123, texts);
const json = (form: number) => {
  const [id, ...rest] = texts.map((text, index) => (LEAF_TEXTS[index] === 'schemaVersion' ? 3 : text));
  return `[${[form, id, 1_700_000_000_123, ...rest].map((part) => JSON.stringify(part)).join(', ')}]`;
};

test('a leaf is the JSON of its columns, and of form 1 the SHA-256 of that', () => {
  expect(leafBytes(row, 2).toString()).toBe(json(2));
  expect(leafBytes(row, 1)).toEqual(createHash('sha256').update(json(1)).digest());
});

test('what is kept of an event is the hash of its leaf, and of form 1 the leaf', () => {
  expect(keptOf(row, 2)).toEqual(createHash('sha256').update('\0').update(json(2)).digest());
  expect(keptOf(row, 1)).toEqual(leafBytes(row, 1));
});

test('a text that is longer than any before it is not cut off', () => {
  const long = leafRowOf(
    0,
    texts.map((text) => (text === '3' ? text : '"'.repeat(100_000))),
  );
  expect((JSON.parse(leafBytes(long, 2).toString()) as unknown[]).at(-1)).toHaveLength(100_000);
});
