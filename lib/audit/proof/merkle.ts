import { hash } from 'node:crypto';

/** SHA-256, which every hash of the tree is, in bytes. */
export const HASH_BYTES = 32;

const sha256 = (data: Buffer): Buffer => Buffer.from(hash('sha256', data, 'buffer'));
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

/** The hash of a leaf: SHA-256(0x00 || entry), RFC 6962, section 2.1. */
export const leafHash = (entry: Uint8Array): Buffer => sha256(Buffer.concat([LEAF, entry]));

/** The hash of an inner node: SHA-256(0x01 || left || right). */
export const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.concat([NODE, left, right]));

/** The root of a tree without leaves: SHA-256 of nothing. */
export const EMPTY_ROOT = sha256(Buffer.alloc(0));

/** Leaves from `start` to before `end`, as one subtree of the proof. */
export interface Range {
  start: number;
  end: number;
}

/** The largest power of two below a size of two or more: how many leaves stand to the left of a root. */
function leftLeaves(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

/**
 * The subtrees whose hashes lead from the leaf `index` to the root of a tree of `size` leaves, the leaf's neighbour first (RFC 6962, 2.1.1).
 * @throws RangeError when the tree has no such leaf.
 */
export function inclusionRanges(index: number, size: number): Range[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) throw new RangeError('the tree has no such leaf');
  const found: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + leftLeaves(end - start);
    if (index < middle) {
      found.push({ start: middle, end });
      end = middle;
    } else {
      found.push({ start, end: middle });
      start = middle;
    }
  }
  return found.toReversed();
}

/**
 * The subtrees whose hashes show that a tree of `size` leaves begins with the tree of its first `before` leaves (RFC 6962, 2.1.2).
 * @throws RangeError unless 0 < before <= size.
 */
export function consistencyRanges(before: number, size: number): Range[] {
  if (!Number.isSafeInteger(before) || before < 1 || before > size)
    throw new RangeError('the tree never had that size');
  const found: Range[] = [];
  let [start, end] = [0, size];
  while (end !== before) {
    const middle = start + leftLeaves(end - start);
    if (before <= middle) {
      found.push({ start: middle, end });
      end = middle;
    } else {
      found.push({ start, end: middle });
      start = middle;
    }
  }
  // The root of the former tree itself is known to whoever asks.
  if (start > 0) found.push({ start, end });
  return found.toReversed();
}

/** The perfect subtrees that a range consists of, left to right: as few as there are. A range begins where one of its size may. */
export function perfectSubtrees({ start, end }: Range): Range[] {
  const found: Range[] = [];
  for (let from = start; from < end;) {
    let width = 1;
    while (from % (width * 2) === 0 && from + width * 2 <= end) width *= 2;
    found.push({ start: from, end: from + width });
    from += width;
  }
  return found;
}

/** The hash over neighbouring subtrees, each at least as large as the one to its right. */
export function joinSubtrees(hashes: readonly Buffer[]): Buffer {
  return hashes.length === 0 ? EMPTY_ROOT : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/**
 * The root that an inclusion proof leads to, or null when the proof has not exactly the hashes that such a leaf needs (RFC 9162, 2.1.3.2).
 * The proof holds when it is the root of a checkpoint of that size.
 */
export function rootFromInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Buffer | null {
  if (![index, size].every(Number.isSafeInteger) || index < 0 || index >= size) return null;
  const ranges = inclusionRanges(index, size);
  if (ranges.length !== proof.length || proof.some(({ length }) => length !== HASH_BYTES)) return null;
  return proof.reduce<Buffer>(
    (node, sibling, at) => ((ranges[at] as Range).start > index ? nodeHash(node, sibling) : nodeHash(sibling, node)),
    Buffer.from(leaf),
  );
}

/** Whether the tree of `size` leaves with the root `root` begins with the one of `before` leaves (RFC 9162, 2.1.4.2). */
export function isConsistent(
  { size: before, root: formerRoot }: TreeHead,
  { size, root }: TreeHead,
  proof: readonly Uint8Array[],
): boolean {
  if (![before, size].every(Number.isSafeInteger) || before < 0 || before > size) return false;
  if (proof.some(({ length }) => length !== HASH_BYTES)) return false;
  if (before === 0) return proof.length === 0 && formerRoot.equals(EMPTY_ROOT);
  const ranges = consistencyRanges(before, size);
  if (ranges.length !== proof.length) return false;
  const rest = ranges.map((range, at) => ({ range, hash: Buffer.from(proof[at] as Uint8Array) }));
  // The subtree at which the former tree ends: where it fills the left of the present one its root is known.
  const last = ranges[0] !== undefined && ranges[0].end === before ? rest.shift()?.hash : formerRoot;
  if (last === undefined) return false;
  let [former, present] = [last, last];
  for (const { range, hash: sibling } of rest) {
    if (range.start >= before) present = nodeHash(present, sibling);
    else [former, present] = [nodeHash(sibling, former), nodeHash(sibling, present)];
  }
  return former.equals(formerRoot) && present.equals(root);
}

/** How large a tree is, and its root. */
export interface TreeHead {
  size: number;
  root: Buffer;
}

/** A tree that grows at its right edge and keeps nothing but the subtrees there: as many hashes as its size has binary ones. */
export class GrowingTree {
  #size: number;
  #edge: Buffer[];

  /** @param edge the roots of `perfectSubtrees({ start: 0, end: size })`. */
  constructor(size = 0, edge: readonly Buffer[] = []) {
    this.#size = size;
    this.#edge = [...edge];
  }

  /** @param width leaves of the subtree that is appended: a power of two, of which the tree so far is a multiple. */
  append(subtree: Buffer, width = 1): void {
    let node = subtree;
    for (let rest = this.#size / width; rest % 2 === 1; rest = (rest - 1) / 2)
      node = nodeHash(this.#edge.pop() as Buffer, node);
    this.#edge.push(node);
    this.#size += width;
  }

  copy(): GrowingTree {
    return new GrowingTree(this.#size, this.#edge);
  }

  get size(): number {
    return this.#size;
  }

  root(): Buffer {
    return joinSubtrees(this.#edge);
  }
}
