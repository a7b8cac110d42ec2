import type { ClientBase } from 'pg';
import type { VerificationFinding } from './finding.ts';
import type { VerifierConnections } from './connections.ts';
import type { LinearChain } from './linear-chain.ts';
import { GrowingTree, HASH_BYTES, nodeHash, type TreeHead } from '../proof/merkle.ts';
import { readBlocks, readTiles, type Block } from './read-leaves.ts';
import type { SignedHeads } from './signed-heads.ts';
import { hashOfKept, TILE_WIDTH } from '../proof/tree.ts';

export interface TreeCheck {
  /** The tree that is known to be right: its size is a multiple of a tile's width. */
  from: GrowingTree;
  /** Sequences that the log still holds. */
  first: number;
  last: number;
  /** What the tree must have been at some sizes. */
  heads: SignedHeads;
  /** In runs from the beginning, and where there was one. */
  chain?: LinearChain;
  /** Leaves a query. */
  batchSize: number;
  onProgress: (leaves: number) => void;
}

type Window = Awaited<ReturnType<typeof read>>;

/**
 * Grows the tree again from the leaves, in order, and holds it against everything that was signed of it and against the stored tiles. Hashes are
 * made here, not by the database. One window is read while the one before it is hashed.
 */
export async function verifyTree(
  clients: VerifierConnections['clients'],
  check: TreeCheck,
): Promise<VerificationFinding | undefined> {
  const { from, last, onProgress } = check;
  const width = Math.max(1, Math.ceil(check.batchSize / TILE_WIDTH)) * TILE_WIDTH;
  const built = await builtTiles(clients[0]);
  const tree = from.copy();
  // In a run from the beginning the tiles above are checked along the way.
  const upper = from.size === 0 ? new UpperTiles(clients[0], built) : undefined;
  let turn = 0;
  const begin = (start: number) =>
    start < last ? read(clients[turn++ % clients.length] as ClientBase, check, start, start + width) : undefined;
  let next = begin(from.size);
  for (let start = from.size; next !== undefined; start += width) {
    const window = await next;
    next = begin(start + width);
    // A rejection must not be unhandled while the present window is checked; it is thrown when its turn comes.
    next?.catch(() => undefined);
    const finding = await checkWindow(clients[0], check, tree, window, built[0] ?? 0, upper);
    if (finding) {
      await next?.catch(() => undefined);
      return finding;
    }
    onProgress(Math.min(start + width, last) - from.size);
  }
  return undefined;
}

async function read(client: ClientBase, { last, heads, chain }: TreeCheck, start: number, until: number) {
  const end = Math.min(until, last);
  const [fromTile, toTile] = [start / TILE_WIDTH, Math.ceil(end / TILE_WIDTH)];
  return {
    start,
    end,
    blocks: await readBlocks(client, start, end),
    tiles: await readTiles(client, 0, fromTile, toTile),
    heads: await heads.between(client, start, end),
    anchors: (await chain?.anchorsBetween(client, start, end)) ?? [],
  };
}

async function checkWindow(
  client: ClientBase,
  check: TreeCheck,
  tree: GrowingTree,
  window: Window,
  built: number,
  upper: UpperTiles | undefined,
): Promise<VerificationFinding | undefined> {
  for (let start = window.start; start < window.end; start += TILE_WIDTH) {
    const end = Math.min(start + TILE_WIDTH, window.end);
    const index = start / TILE_WIDTH;
    const [block, tile] = [window.blocks.get(index), window.tiles.get(index)];
    const full = end - start === TILE_WIDTH;
    if (full && tile === undefined && index < built)
      return { kind: 'missing', sequence: BigInt(start + 1), detail: `the tile 0/${index} of the tree is gone` };
    const hashes = await leafHashes(client, check, start, end, block, tile?.hashes);
    if ('kind' in hashes) return hashes;
    const finding =
      (full && tile !== undefined ? await compare(client, start, hashes, tile.hashes) : undefined) ??
      contradicted(tree, hashes, window.heads) ??
      check.chain?.follow(block, start, end, window.anchors);
    if (finding) return finding;
    const root = full ? subtreeRoot(hashes) : undefined;
    if (root === undefined) continue;
    if (tile !== undefined && !tile.root.equals(root))
      return {
        kind: 'changed',
        sequence: BigInt(start + 1),
        detail: `the root of the tile 0/${index} is not that of its leaves`,
      };
    tree.append(root, TILE_WIDTH);
    const above = await upper?.add(root);
    if (above) return above;
  }
  return undefined;
}

/** The hashes of leaves, where they are there; those that retention let go of have their hashes in tiles alone. */
async function leafHashes(
  client: ClientBase,
  { first }: TreeCheck,
  start: number,
  end: number,
  block: Block | undefined,
  tile: Buffer | undefined,
): Promise<Buffer[] | VerificationFinding> {
  const from = Math.min(Math.max(first - 1, start), end);
  if ((block?.count ?? 0) !== end - from) return firstMissing(client, from, end);
  const before = from === start ? [] : slices(tile ?? Buffer.alloc(0)).slice(0, from - start);
  if (before.length !== from - start)
    return { kind: 'truncated at the head', sequence: BigInt(first), detail: 'the tree does not begin where it must' };
  const kept = slices(block?.leaves ?? Buffer.alloc(0));
  return [...before, ...kept.map((leaf, at) => hashOfKept({ form: block?.forms.readInt16BE(at * 2) ?? 0, leaf }))];
}

async function firstMissing(client: ClientBase, after: number, last: number): Promise<VerificationFinding> {
  const { rows } = await client.query<{ sequence: string }>(
    `SELECT s AS sequence FROM generate_series($1::bigint + 1, $2) s
     WHERE NOT EXISTS (SELECT FROM public."AuditChain" c WHERE c."sequence" = s) ORDER BY 1 LIMIT 1`,
    [after, last],
  );
  return { kind: 'missing', sequence: BigInt(rows[0]?.sequence ?? last), detail: 'a leaf of the tree is gone' };
}

const slices = (hashes: Buffer): Buffer[] =>
  Array.from({ length: Math.floor(hashes.length / HASH_BYTES) }, (_, at) =>
    hashes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES),
  );

function subtreeRoot(hashes: Buffer[]): Buffer {
  let nodes = hashes;
  while (nodes.length > 1)
    nodes = Array.from({ length: nodes.length / 2 }, (_, at) =>
      nodeHash(nodes[2 * at] as Buffer, nodes[2 * at + 1] as Buffer),
    );
  return nodes[0] as Buffer;
}

/** Tells a leaf that was altered from one that was moved: a moved one is still in the tile. */
async function compare(
  client: ClientBase,
  start: number,
  hashes: Buffer[],
  tile: Buffer,
): Promise<VerificationFinding | undefined> {
  const stored = slices(tile);
  const at = hashes.findIndex((leaf, position) => stored[position]?.equals(leaf) !== true);
  if (at === -1 && stored.length === hashes.length) return undefined;
  const sequence = BigInt(start + Math.max(at, 0) + 1);
  const { rows } = await client.query<{ eventId: string }>(
    'SELECT "eventId" FROM public."AuditChain" WHERE "sequence" = $1',
    [sequence],
  );
  const place = { sequence, ...(rows[0] === undefined ? {} : { eventId: rows[0].eventId }) };
  return stored.some((leaf) => hashes[at]?.equals(leaf) === true)
    ? { kind: 'reordered', ...place, detail: 'the leaf belongs to another place of the tree' }
    : { kind: 'changed', ...place, detail: 'the leaf is not the one in its tile' };
}

/** The first signed head inside a block that the tree, grown by the block's leaves, does not have. */
function contradicted(
  before: GrowingTree,
  hashes: Buffer[],
  heads: readonly TreeHead[],
): VerificationFinding | undefined {
  const inside = heads.filter(({ size }) => size > before.size && size <= before.size + hashes.length);
  if (inside.length === 0) return undefined;
  const tree = before.copy();
  for (const leaf of hashes) {
    tree.append(leaf);
    if (inside.some(({ size, root }) => size === tree.size && !root.equals(tree.root())))
      return {
        kind: 'forked',
        sequence: BigInt(tree.size),
        detail: 'the log up to here is not the one that the checkpoint signs',
      };
  }
  return undefined;
}

/** How many tiles of each level the sealer has built. */
async function builtTiles(client: ClientBase): Promise<number[]> {
  const { rows } = await client.query<{ level: number; tiles: string }>(
    'SELECT "level", max("index") + 1 AS tiles FROM public."AuditTile" GROUP BY 1',
  );
  const built: number[] = [];
  for (const { level, tiles } of rows) built[level] = Number(tiles);
  return built;
}

/** Holds the tiles above the first level against the roots below them. */
class UpperTiles {
  readonly #client: ClientBase;
  readonly #built: number[];
  readonly #roots: Buffer[][] = [];
  readonly #counts: number[] = [];

  constructor(client: ClientBase, built: number[]) {
    this.#client = client;
    this.#built = built;
  }

  async add(root: Buffer, level = 1): Promise<VerificationFinding | undefined> {
    const roots = (this.#roots[level] ??= []);
    if (roots.push(root) < TILE_WIDTH) return undefined;
    const index = this.#counts[level] ?? 0;
    this.#counts[level] = index + 1;
    this.#roots[level] = [];
    if (index >= (this.#built[level] ?? 0)) return undefined;
    const tile = (await readTiles(this.#client, level, index, index + 1)).get(index);
    const own = subtreeRoot(roots);
    if (tile?.hashes.equals(Buffer.concat(roots)) !== true || !tile.root.equals(own))
      return { kind: 'changed', detail: `the tile ${level}/${index} is not what its leaves make it` };
    return this.add(own, level + 1);
  }
}
