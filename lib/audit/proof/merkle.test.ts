import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  EMPTY_ROOT,
  GrowingTree,
  isConsistent,
  joinSubtrees,
  leafHash,
  perfectSubtrees,
  rootFromInclusion,
} from './merkle.ts';
import { TILE_WIDTH, TreeReader, type TileSource } from './tree.ts';

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

/** RFC 6962, 2.1, as it is written there. */
function rootOf(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0] as Buffer;
  const left = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, left)), rootOf(leaves.slice(left)));
}

const leavesOf = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => leafHash(Buffer.from(`entry ${index}`)));

/** Tiles made of leaves in memory. */
const tilesOf = (leaves: Buffer[]): TileSource => ({
  tile(level, index, count) {
    const width = TILE_WIDTH ** level;
    const hashes = Array.from({ length: count }, (_, at) => {
      const start = (index * TILE_WIDTH + at) * width;
      return rootOf(leaves.slice(start, start + width));
    });
    return Promise.resolve(Buffer.concat(hashes));
  },
});

/** A size, and a smaller number. */
const sized = fc.integer({ min: 1, max: 1300 }).chain((size) => fc.tuple(fc.constant(size), fc.nat(size - 1)));
const LEAVES = leavesOf(1300);

test('the root of a tree that grows is that of RFC 6962 at every size', () => {
  const tree = new GrowingTree();
  expect(tree.root()).toEqual(EMPTY_ROOT);
  for (const [index, leaf] of LEAVES.slice(0, 300).entries()) {
    tree.append(leaf);
    expect(tree.root()).toEqual(rootOf(LEAVES.slice(0, index + 1)));
  }
  expect(tree.copy().size).toBe(300);
});

test('subtrees may be appended whole', () => {
  const tree = new GrowingTree();
  tree.append(rootOf(LEAVES.slice(0, 256)), 256);
  tree.append(rootOf(LEAVES.slice(256, 512)), 256);
  tree.append(LEAVES[512] as Buffer);
  expect(tree.root()).toEqual(rootOf(LEAVES.slice(0, 513)));
});

test('a proof of any leaf leads to the root, and to another one from another leaf or place', async () => {
  await fc.assert(
    fc.asyncProperty(sized, fc.nat(1299), async ([size, index], other) => {
      const leaves = LEAVES.slice(0, size);
      const proof = await new TreeReader(tilesOf(leaves), size).inclusion(index);
      const root = rootOf(leaves);
      expect(rootFromInclusion(LEAVES[index] as Buffer, index, size, proof)).toEqual(root);
      if (other === index) return;
      expect(rootFromInclusion(LEAVES[other] as Buffer, index, size, proof)).not.toEqual(root);
      expect(rootFromInclusion(LEAVES[index] as Buffer, other, size, proof)).not.toEqual(root);
      expect(rootFromInclusion(LEAVES[index] as Buffer, index, size, [...proof, root])).toBeNull();
      if (proof.length > 0) expect(rootFromInclusion(LEAVES[index] as Buffer, index, size, proof.slice(1))).toBeNull();
    }),
    { numRuns: 50, seed: 1 },
  );
});

test('a tree is consistent with each of its former ones, and with no other', async () => {
  await fc.assert(
    fc.asyncProperty(sized, async ([size, smaller]) => {
      const before = smaller + 1;
      const leaves = LEAVES.slice(0, size);
      const proof = await new TreeReader(tilesOf(leaves), size).consistency(before);
      const head = { size, root: rootOf(leaves) };
      const former = { size: before, root: rootOf(LEAVES.slice(0, before)) };
      expect(isConsistent(former, head, proof)).toBe(true);
      const forged = { size: before, root: rootOf([...LEAVES.slice(1, before), EMPTY_ROOT]) };
      expect(isConsistent(forged, head, proof)).toBe(false);
      expect(isConsistent(former, { size, root: forged.root }, proof)).toBe(false);
      expect(isConsistent(former, head, [...proof, EMPTY_ROOT])).toBe(false);
      if (proof.length > 0) expect(isConsistent(former, head, proof.slice(1))).toBe(false);
      expect(isConsistent(head, former, proof)).toBe(size === before);
    }),
    { numRuns: 50, seed: 2 },
  );
});

test.each([
  [-1, 4],
  [4, 4],
  [0.5, 4],
  [Number.NaN, 4],
  [0, Number.MAX_SAFE_INTEGER + 1],
])('a leaf %d of %d is none, whatever the proof', (index, size) => {
  expect(rootFromInclusion(EMPTY_ROOT, index, size, [])).toBeNull();
});

test('every tree begins with the empty one, whose proof is empty', () => {
  const head = { size: 1, root: LEAVES[0] as Buffer };
  expect(isConsistent({ size: 0, root: EMPTY_ROOT }, head, [])).toBe(true);
  expect(isConsistent({ size: 0, root: EMPTY_ROOT }, head, [EMPTY_ROOT])).toBe(false);
  expect(isConsistent({ size: 0, root: LEAVES[1] as Buffer }, head, [])).toBe(false);
});

test('the right edge of any size joins to its root', async () => {
  for (const size of [1, 2, 3, 255, 256, 257, 511, 512, 1299]) {
    const edge = await new TreeReader(tilesOf(LEAVES), 1300).edge(size);
    expect(edge).toHaveLength(perfectSubtrees({ start: 0, end: size }).length);
    expect(joinSubtrees(edge)).toEqual(rootOf(LEAVES.slice(0, size)));
  }
});
