import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { keptOf, LEAF_TEXTS, leafBytes, leafRowOf } from './leaf-bytes.ts';

/** Every character that JSON escapes, and others of one to four bytes. */
const HARD = `${String.fromCharCode(...Array.from({ length: 127 }, (_, code) => code + 1))}é€😀`;

const texts = LEAF_TEXTS.map((name) =>
  name === 'schemaVersion' ? '3' : name === 'ip' || name === 'salts' ? null : `${name} ${HARD}`,
);
const row = leafRowOf(1_700_000_000_123, texts);
const json = (form: number) => {
  const [id, ...rest] = texts.slice(0, -1).map((text, index) => (LEAF_TEXTS[index] === 'schemaVersion' ? 3 : text));
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

test('in form 3 person fields stand as commitments, erased or not, and metadata is part of the JSON', () => {
  const salt = '000102030405060708090a0b0c0d0e0f';
  const commit = (value: string) => ({
    sha256: createHash('sha256').update(Buffer.from(salt, 'hex')).update(value).digest('hex'),
  });
  const filled = (changes: Record<string, string | null>) =>
    leafRowOf(
      5,
      LEAF_TEXTS.map((name) => (name in changes ? (changes[name] ?? null) : name === 'schemaVersion' ? '3' : 'x')),
    );
  const metadata = { a: '"{, ', bb: [1, '}'], 'n"n': { x: 'y' } };
  const text = '{"a": "\\"{, ", "bb": [1, "}"], "n\\"n": {"x": "y"}}';
  const kept = filled({
    metadata: text,
    salts: JSON.stringify({ ip: salt, metadata: { a: salt, 'n"n': salt } }),
  });
  const leaf = JSON.parse(leafBytes(kept, 3).toString()) as unknown[];
  expect(leaf.at(-1)).toEqual({ a: commit('"\\"{, "'), bb: [1, '}'], 'n"n': commit('{"x": "y"}') });
  expect(leaf[LEAF_TEXTS.indexOf('ip') + 2]).toEqual(commit('x'));
  expect(metadata).toEqual(JSON.parse(text));
  const erased = {
    ip: null,
    metadata: '{"a": "\\"{, ", "bb": [1, "}"]}',
    salts: JSON.stringify({ ip: commit('x').sha256, metadata: { a: salt, 'n"n': commit('{"x": "y"}').sha256 } }),
  };
  expect(leafBytes(filled(erased), 3)).toEqual(leafBytes(kept, 3));
  // A value in the place of an erased one is covered by nothing.
  expect(() => JSON.parse(leafBytes(filled({ ...erased, ip: 'x' }), 3).toString()) as unknown).toThrow();
});

test('a text that is longer than any before it is not cut off', () => {
  const long = leafRowOf(
    0,
    texts.map((text) => (text === null || text === '3' ? text : '"'.repeat(100_000))),
  );
  expect((JSON.parse(leafBytes(long, 2).toString()) as unknown[]).at(-1)).toHaveLength(100_000);
});
