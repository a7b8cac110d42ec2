import type { ClientBase } from 'pg';
import { linkOf } from './canonical.ts';
import type { Finding } from './finding.ts';

export interface Link {
  sequence: bigint;
  hash: Buffer;
}

interface Bad {
  sequence: string;
  eventId: string;
  gap: boolean;
}

/** Links a query: one window of the chain is checked inside the database. */
const WINDOW = 200_000n;

/**
 * Follows the chain from a known link to `last`: no sequence is missing, and each hash is that of its predecessor and its leaf.
 * @param from the link before the first one that is checked.
 */
export async function verifyLinks(
  client: ClientBase,
  from: Link,
  last: bigint,
  onProgress: (sequence: bigint) => void,
): Promise<Finding | undefined> {
  let previous = from;
  while (previous.sequence < last) {
    const end = previous.sequence + WINDOW < last ? previous.sequence + WINDOW : last;
    const { rows } = await client.query<Bad>(
      `SELECT "sequence", "eventId", before IS DISTINCT FROM "sequence" - 1 AS gap FROM (
         SELECT "sequence", "eventId", "leaf", "hash", lag("sequence", 1, $1::bigint) OVER w AS before, lag("hash", 1, $2::bytea) OVER w AS link
         FROM "AuditChain" WHERE "sequence" > $1 AND "sequence" <= $3 WINDOW w AS (ORDER BY "sequence")) links
       WHERE before IS DISTINCT FROM "sequence" - 1 OR "hash" IS DISTINCT FROM pg_catalog.sha256(link || "leaf")
       ORDER BY "sequence" LIMIT 1`,
      [previous.sequence, previous.hash, end],
    );
    if (rows[0]) return explain(client, rows[0]);
    const { rows: ends } = await client.query<{ hash: Buffer }>(
      'SELECT "hash" FROM "AuditChain" WHERE "sequence" = $1',
      [end],
    );
    if (!ends[0]) return { kind: 'missing', sequence: end, detail: 'a link of the chain is gone' };
    previous = { sequence: end, hash: ends[0].hash };
    onProgress(end);
  }
  return undefined;
}

/** Tells an altered link from one that was moved: a moved one still fits behind its old predecessor. */
async function explain(client: ClientBase, { sequence, eventId, gap }: Bad): Promise<Finding> {
  const at = BigInt(sequence);
  if (gap) return { kind: 'missing', sequence: at - 1n, detail: 'a link of the chain is gone' };
  const { rows } = await client.query<{ sequence: string; leaf: Buffer; hash: Buffer }>(
    'SELECT "sequence", "leaf", "hash" FROM "AuditChain" WHERE "sequence" BETWEEN $1 - 1000 AND $1 + 1000',
    [at],
  );
  const here = rows.find((row) => row.sequence === sequence);
  const moved = rows.some((row) => here !== undefined && linkOf(row.hash, here.leaf).equals(here.hash));
  return moved
    ? { kind: 'reordered', sequence: at, eventId, detail: 'the link belongs behind another one' }
    : { kind: 'changed', sequence: at, eventId, detail: 'the link is not the hash of its predecessor and its leaf' };
}
