import { Prisma } from '../../db.ts';
import {
  consistencyRanges,
  inclusionRanges,
  joinSubtrees,
  leafHash,
  nodeHash,
  perfectSubtrees,
  HASH_BYTES,
  type Range,
} from './merkle.ts';

/** Hashes a tile, as https://c2sp.org/tlog-tiles lays them out: eight levels of the tree. */
export const TILE_WIDTH = 256;

/** Where the hashes of the tree come from. */
export interface TileSource {
  /**
   * The first `count` hashes of a tile, one behind the other; those of level 0 are leaves, those of the next ones are roots of the tiles of the
   * level below.
   */
  tile(level: number, index: number, count: number): Promise<Buffer>;
}

/** Runs a query: of Prisma's client, or of a connection of its own. */
export type RunQuery = (query: Prisma.Sql) => Promise<unknown>;

/** The tree as the sealer has stored it: what is full in tiles, what is not from the leaves and the roots of the tiles below. */
export function storedTree(run: RunQuery): TileSource {
  const ask = async <Row>(query: Prisma.Sql) => (await run(query)) as Row[];
  return {
    async tile(level, index, count) {
      if (count === TILE_WIDTH) {
        const [full] = await ask<{ hashes: Uint8Array }>(
          Prisma.sql`SELECT "hashes" FROM public."AuditTile" WHERE "level" = ${level} AND "index" = ${index}`,
        );
        if (full) return Buffer.from(full.hashes);
      }
      const first = index * TILE_WIDTH;
      if (level > 0) {
        const roots = await ask<{ root: Uint8Array }>(Prisma.sql`SELECT "root" FROM public."AuditTile"
          WHERE "level" = ${level - 1} AND "index" >= ${first} AND "index" < ${first + count} ORDER BY "index"`);
        return Buffer.concat(roots.map(({ root }) => root));
      }
      const leaves = await ask<KeptLeaf>(Prisma.sql`SELECT "form", "leaf" FROM public."AuditChain"
        WHERE "sequence" > ${first} AND "sequence" <= ${first + count} ORDER BY "sequence"`);
      return Buffer.concat(leaves.map(hashOfKept));
    },
  };
}

/** A row of "AuditChain". */
interface KeptLeaf {
  form: number;
  leaf: Uint8Array;
}

/** The hash in the tree of what the sealer keeps of an event: that itself, or of form 1 the hash of it. */
export const hashOfKept = ({ form, leaf }: KeptLeaf): Buffer => (form === 1 ? leafHash(leaf) : Buffer.from(leaf));

/** Reads hashes of a tree of a fixed size; a tile is asked for once. */
export class TreeReader {
  readonly #size: number;
  readonly #source: TileSource;
  readonly #tiles = new Map<string, Promise<Buffer>>();

  constructor(source: TileSource, size: number) {
    this.#source = source;
    this.#size = size;
  }

  /** @throws when the source has not all hashes of the tree. */
  async root(): Promise<Buffer> {
    return this.hash({ start: 0, end: this.#size });
  }

  /** The hashes that lead from a leaf to the root. */
  async inclusion(index: number): Promise<Buffer[]> {
    return this.#hashes(inclusionRanges(index, this.#size));
  }

  /** The hashes that show that this tree begins with the one of `before` leaves. */
  async consistency(before: number): Promise<Buffer[]> {
    return this.#hashes(consistencyRanges(before, this.#size));
  }

  /** The roots of the perfect subtrees of the first `size` leaves, left to right. */
  async edge(size: number): Promise<Buffer[]> {
    return Promise.all(perfectSubtrees({ start: 0, end: size }).map((range) => this.#perfect(range)));
  }

  async hash(range: Range): Promise<Buffer> {
    return joinSubtrees(await Promise.all(perfectSubtrees(range).map((part) => this.#perfect(part))));
  }

  async #hashes(ranges: Range[]): Promise<Buffer[]> {
    return Promise.all(ranges.map((range) => this.hash(range)));
  }

  async #perfect({ start, end }: Range): Promise<Buffer> {
    let [level, first, count] = [0, start, end - start];
    while (count >= TILE_WIDTH) [level, first, count] = [level + 1, first / TILE_WIDTH, count / TILE_WIDTH];
    const tile = await this.#tile(level, Math.floor(first / TILE_WIDTH));
    const from = first % TILE_WIDTH;
    if (tile.length < (from + count) * HASH_BYTES) throw new Error(`the tree has no leaves ${start} to ${end}`);
    let nodes = Array.from({ length: count }, (_, at) =>
      tile.subarray((from + at) * HASH_BYTES, (from + at + 1) * HASH_BYTES),
    );
    while (nodes.length > 1)
      nodes = Array.from({ length: nodes.length / 2 }, (_, at) =>
        nodeHash(nodes[2 * at] as Buffer, nodes[2 * at + 1] as Buffer),
      );
    return nodes[0] as Buffer;
  }

  #tile(level: number, index: number): Promise<Buffer> {
    const key = `${level}/${index}`;
    const filled = Math.floor(this.#size / TILE_WIDTH ** level) - index * TILE_WIDTH;
    const known = this.#tiles.get(key) ?? this.#source.tile(level, index, Math.min(filled, TILE_WIDTH));
    this.#tiles.set(key, known);
    return known;
  }
}
