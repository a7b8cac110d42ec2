import type { ClientBase } from 'pg';
import { linkOf } from './canonical.ts';
import type { Finding } from './finding.ts';
import { inTurn, type Lanes } from './verifier-connections.ts';

export interface Link {
  sequence: bigint;
  hash: Buffer;
}

interface Bad {
  sequence: string;
  eventId: string;
  gap: boolean;
}

/**
 * Follows the chain from a known link to `last`: no sequence is missing, and each hash is that of its predecessor and its leaf. Windows
 * hang together by the link that ends one and begins the next, so they may be checked in any order.
 * @param from the link before the first one that is checked.
 * @param window links a query.
 */
export async function verifyLinks(
  clients: Lanes['clients'],
  from: Link,
  last: bigint,
  window: bigint,
  onProgress: (links: bigint) => void,
): Promise<Finding | undefined> {
  const starts: bigint[] = [];
  for (let start = from.sequence; start < last; start += window) starts.push(start);
  let checked = 0n;
  return inTurn(clients, starts, async (client, start) => {
    const end = start + window < last ? start + window : last;
    const before = start === from.sequence ? from.hash : await hashAt(client, start);
    // The window before this one ends with the link that is missing, and says so.
    if (before === undefined) return { kind: 'missing', sequence: start, detail: GONE };
    const finding = await verifyWindow(client, { sequence: start, hash: before }, end);
    onProgress((checked += end - start));
    return finding;
  });
}

const GONE = 'a link of the chain is gone';

async function verifyWindow(client: ClientBase, before: Link, end: bigint): Promise<Finding | undefined> {
  const { rows } = await client.query<Bad>(
    `SELECT "sequence", "eventId", before IS DISTINCT FROM "sequence" - 1 AS gap FROM (
       SELECT "sequence", "eventId", "leaf", "hash", lag("sequence", 1, $1::bigint) OVER w AS before, lag("hash", 1, $2::bytea) OVER w AS link
       FROM "AuditChain" WHERE "sequence" > $1 AND "sequence" <= $3 WINDOW w AS (ORDER BY "sequence")) links
     WHERE before IS DISTINCT FROM "sequence" - 1 OR "hash" IS DISTINCT FROM pg_catalog.sha256(link || "leaf")
     ORDER BY "sequence" LIMIT 1`,
    [before.sequence, before.hash, end],
  );
  if (rows[0]) return explain(client, rows[0]);
  return (await hashAt(client, end)) === undefined ? { kind: 'missing', sequence: end, detail: GONE } : undefined;
}

async function hashAt(client: ClientBase, sequence: bigint): Promise<Buffer | undefined> {
  const { rows } = await client.query<{ hash: Buffer }>('SELECT "hash" FROM "AuditChain" WHERE "sequence" = $1', [
    sequence,
  ]);
  return rows[0]?.hash;
}

/** Tells an altered link from one that was moved: a moved one still fits behind its old predecessor. */
async function explain(client: ClientBase, { sequence, eventId, gap }: Bad): Promise<Finding> {
  const at = BigInt(sequence);
  if (gap) return { kind: 'missing', sequence: at - 1n, detail: GONE };
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
