import type { ClientBase } from 'pg';
import { linkOf } from './canonical.ts';
import type { VerificationFinding } from './finding.ts';
import { runInParallel, type VerifierConnections } from './verifier-connections.ts';

export interface ChainLink {
  sequence: bigint;
  hash: Buffer;
}

interface BrokenLink {
  sequence: string;
  eventId: string;
  gap: boolean;
}

/**
 * Verifies the chain from a known link to `last`: no gaps, and each hash matches its predecessor and leaf. Batches overlap by one link, so
 * they can be checked in any order.
 * @param from the link before the first verified one.
 * @param batchSize links per query.
 */
export async function verifyLinks(
  clients: VerifierConnections['clients'],
  from: ChainLink,
  last: bigint,
  batchSize: bigint,
  onProgress: (links: bigint) => void,
): Promise<VerificationFinding | undefined> {
  const starts: bigint[] = [];
  for (let start = from.sequence; start < last; start += batchSize) starts.push(start);
  let checked = 0n;
  return runInParallel(clients, starts, async (client, start) => {
    const end = start + batchSize < last ? start + batchSize : last;
    const before = start === from.sequence ? from.hash : await hashAt(client, start);
    // The previous batch ends with the missing link and reports it too.
    if (before === undefined) return { kind: 'missing', sequence: start, detail: LINK_MISSING };
    const finding = await verifyBatch(client, { sequence: start, hash: before }, end);
    onProgress((checked += end - start));
    return finding;
  });
}

const LINK_MISSING = 'a link of the chain is missing';

async function verifyBatch(
  client: ClientBase,
  before: ChainLink,
  end: bigint,
): Promise<VerificationFinding | undefined> {
  const { rows } = await client.query<BrokenLink>(
    `SELECT "sequence", "eventId", before IS DISTINCT FROM "sequence" - 1 AS gap FROM (
       SELECT "sequence", "eventId", "leaf", "hash", lag("sequence", 1, $1::bigint) OVER w AS before, lag("hash", 1, $2::bytea) OVER w AS link
       FROM "AuditChain" WHERE "sequence" > $1 AND "sequence" <= $3 WINDOW w AS (ORDER BY "sequence")) links
     WHERE before IS DISTINCT FROM "sequence" - 1 OR "hash" IS DISTINCT FROM pg_catalog.sha256(link || "leaf")
     ORDER BY "sequence" LIMIT 1`,
    [before.sequence, before.hash, end],
  );
  if (rows[0]) return classifyBrokenLink(client, rows[0]);
  return (await hashAt(client, end)) === undefined
    ? { kind: 'missing', sequence: end, detail: LINK_MISSING }
    : undefined;
}

async function hashAt(client: ClientBase, sequence: bigint): Promise<Buffer | undefined> {
  const { rows } = await client.query<{ hash: Buffer }>('SELECT "hash" FROM "AuditChain" WHERE "sequence" = $1', [
    sequence,
  ]);
  return rows[0]?.hash;
}

/** Distinguishes a changed link from a reordered one, which still fits its old predecessor. */
async function classifyBrokenLink(
  client: ClientBase,
  { sequence, eventId, gap }: BrokenLink,
): Promise<VerificationFinding> {
  const at = BigInt(sequence);
  if (gap) return { kind: 'missing', sequence: at - 1n, detail: LINK_MISSING };
  const { rows } = await client.query<{ sequence: string; leaf: Buffer; hash: Buffer }>(
    'SELECT "sequence", "leaf", "hash" FROM "AuditChain" WHERE "sequence" BETWEEN $1 - 1000 AND $1 + 1000',
    [at],
  );
  const here = rows.find((row) => row.sequence === sequence);
  const moved = rows.some((row) => here !== undefined && linkOf(row.hash, here.leaf).equals(here.hash));
  return moved
    ? { kind: 'reordered', sequence: at, eventId, detail: 'the link belongs after another one' }
    : { kind: 'changed', sequence: at, eventId, detail: 'the link is not the hash of its predecessor and its leaf' };
}
