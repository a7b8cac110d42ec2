import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EMPTY_ROOT, GrowingTree, isConsistent, leafHash, rootFromInclusion } from './merkle.ts';

interface Vectors {
  empty: string;
  trees: {
    size: number;
    root: string;
    inclusion: { index: number; hashes: string[] }[];
    consistency: { before: number; hashes: string[] }[];
  }[];
}

/** Computed by tests/foreign/python/prove.py, which shares no line with this code. */
const VECTORS = JSON.parse(readFileSync('tests/data/proof/trees.json', 'utf8')) as Vectors;

const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const leaf = (index: number): Buffer => leafHash(Buffer.from(`entry ${index}`));

function rootAt(size: number): Buffer {
  const tree = new GrowingTree();
  for (let index = 0; index < size; index++) tree.append(leaf(index));
  return tree.root();
}

test('roots, inclusion proofs and consistency proofs are those that another implementation has computed', () => {
  expect(EMPTY_ROOT).toEqual(bytes(VECTORS.empty));
  for (const { size, root, inclusion, consistency } of VECTORS.trees) {
    expect(rootAt(size)).toEqual(bytes(root));
    for (const { index, hashes } of inclusion)
      expect(rootFromInclusion(leaf(index), index, size, hashes.map(bytes))).toEqual(bytes(root));
    for (const { before, hashes } of consistency)
      expect(isConsistent({ size: before, root: rootAt(before) }, { size, root: bytes(root) }, hashes.map(bytes))).toBe(
        true,
      );
  }
});
