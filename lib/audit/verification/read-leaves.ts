import type { ClientBase } from 'pg';
import { TILE_WIDTH } from '../proof/tree.ts';

/** What the sealer has kept of the leaves of one tile, read in one go. */
export interface Block {
  /** Of the tile. */
  index: number;
  /** The sequence of the first leaf that is there, and how many are. */
  first: number;
  count: number;
  /** Of each leaf 32 bytes, and its form in two. */
  leaves: Buffer;
  forms: Buffer;
}

interface Row {
  tile: string;
  first: string;
  count: string;
  leaves: Buffer;
  forms: Buffer;
}

interface TileRow {
  level: number;
  index: string;
  hashes: Buffer;
  root: Buffer;
}

/** Leaves `start` to before `end`, tile by tile; a tile of which none is there is left out. */
export async function readBlocks(client: ClientBase, start: number, end: number): Promise<Map<number, Block>> {
  const { rows } = await client.query<Row>(
    `SELECT ("sequence" - 1) / ${TILE_WIDTH} AS tile, min("sequence") AS first, count(*) AS count,
       string_agg("leaf", ''::bytea ORDER BY "sequence") AS leaves, string_agg(int2send("form"), ''::bytea ORDER BY "sequence") AS forms
     FROM public."AuditChain" WHERE "sequence" > $1 AND "sequence" <= $2 GROUP BY 1`,
    [start, end],
  );
  return new Map(
    rows.map(({ tile, first, count, leaves, forms }) => [
      Number(tile),
      { index: Number(tile), first: Number(first), count: Number(count), leaves, forms },
    ]),
  );
}

/** The stored tiles of a level, from one index to before another. */
export async function readTiles(
  client: ClientBase,
  level: number,
  from: number,
  to: number,
): Promise<Map<number, { hashes: Buffer; root: Buffer }>> {
  const { rows } = await client.query<TileRow>(
    `SELECT "index", "hashes", "root" FROM public."AuditTile" WHERE "level" = $1 AND "index" >= $2 AND "index" < $3`,
    [level, from, to],
  );
  return new Map(rows.map(({ index, hashes, root }) => [Number(index), { hashes, root }]));
}
