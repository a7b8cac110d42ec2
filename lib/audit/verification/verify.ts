import type { ClientBase } from 'pg';
import type { VerificationFinding } from './finding.ts';
import type { KeptElsewhere } from './kept-elsewhere.ts';
import { LinearChain } from './linear-chain.ts';
import { GrowingTree, joinSubtrees } from '../proof/merkle.ts';
import { SignedHeads } from './signed-heads.ts';
import { storedTree, TILE_WIDTH, TreeReader } from '../proof/tree.ts';
import { verifyTree } from './verify-tree.ts';
import type { PublicKeys } from '../proof/signing.ts';
import { alteredObjects } from '../../db/status/audit-objects.ts';
import { provenRecords, type VerificationRecord } from './records.ts';
import { verifyEvents } from './verify-events.ts';
import { withSharedSnapshot, type VerifierConnections } from './connections.ts';
import { verifyPrunes } from './verify-prunes.ts';

export interface Verification {
  ok: boolean;
  full: boolean;
  /** Verified up to this sequence. */
  sequence: bigint;
  /** Events compared with their leaves in this run. */
  events: number;
  /** Signed heads of the log that hold: of the tree, and of the linear chain that was there before it. */
  checkpoints: number;
  /** Rows that no known key has signed as checkpoints: they count for nothing, and whoever wrote them had the worker's role. */
  ignored: number;
  finding?: VerificationFinding;
}

export interface VerifyOptions {
  full: boolean;
  shipped?: KeptElsewhere;
  /** Leaves or events a query. */
  batchSize?: number;
  onProgress?: (message: string) => void;
}

/** Small enough to balance the connections and to join in memory; larger batches are not faster. */
const BATCH_SIZE = 50_000;

/**
 * Verifies the log: the removals, the tree over the leaves with everything that was signed of it, and every event against its leaf. An incremental
 * run starts at the last verified checkpoint and compares the events of the last day, those sealed since, and one older month, another each day.
 * The SQL is spelt out here and calls functions of pg_catalog alone, so that a function of the database cannot vouch for itself.
 * Anchors of before the tree are looked at by runs from the beginning, which one that was kept elsewhere asks for.
 * @param clients connections of `openVerifierConnections()`; they share the work, and one is enough.
 */
export async function verifyAudit(
  clients: VerifierConnections['clients'],
  keys: PublicKeys,
  options: VerifyOptions,
): Promise<Verification> {
  return withSharedSnapshot(clients, SETTINGS, () => verifyInSnapshot(clients, keys, options));
}

/** PostgreSQL's own parallelism is off: the verifier runs several connections itself. */
const SETTINGS = {
  timezone: `'UTC'`,
  jit: 'off',
  work_mem: `'64MB'`,
  statement_timeout: `'120s'`,
  max_parallel_workers_per_gather: '0',
  search_path: 'pg_catalog, pg_temp',
  row_security: 'off',
};

async function verifyInSnapshot(
  clients: VerifierConnections['clients'],
  keys: PublicKeys,
  options: VerifyOptions,
): Promise<Verification> {
  const [client] = clients;
  const {
    batchSize = BATCH_SIZE,
    shipped = { checkpoints: [], anchors: [] },
    onProgress: say = () => undefined,
  } = options;
  const full = options.full || shipped.anchors.length > 0;
  const broken = (finding: VerificationFinding): Verification => ({
    ok: false,
    full,
    sequence: 0n,
    events: 0,
    checkpoints: 0,
    ignored: heads.ignored,
    finding,
  });
  const heads = new SignedHeads(keys, shipped.checkpoints);

  const [altered] = await alteredObjects(client, process.cwd());
  if (altered) return broken({ kind: 'altered object', detail: `${altered.name}: ${altered.detail}` });
  const removal = await verifyPrunes(client, keys);
  if (removal) return broken(removal);
  const extent = await extentOf(client);
  const records = await provenRecords(client, keys);
  const chain = new LinearChain(keys, extent.first, shipped.anchors);
  const ends = (await endsEarly(client, heads, records, extent)) ?? (await chain.open(client, extent.last));
  if (ends) return broken(ends);
  const start = full ? await beginning(client, extent) : await lastVerified(client, heads, records, extent);
  if ('kind' in start) return broken(start);
  const tree = await verifyTree(clients, {
    ...extent,
    from: start.tree,
    heads,
    batchSize,
    ...(start.whole ? { chain } : {}),
    onProgress: (leaves) => say(`${leaves} leaves`),
  });
  if (tree !== undefined && tree.kind !== 'forked') return broken(tree);

  const stretches = start.whole ? [['-infinity', 'infinity'] as const] : await incrementalRanges(client, records);
  const { events, finding } = await verifyEvents(clients, stretches, batchSize, (count) => say(`${count} events`));
  // That a tree is another one than was signed says less than which event is not what it was.
  const first = finding ?? tree;
  if (first) return broken(first);
  const checkpoints = heads.checked + chain.checked;
  if (checkpoints === 0 && extent.last > 0 && start.whole)
    return broken({
      kind: 'truncated at the tail',
      sequence: BigInt(extent.last),
      detail: 'the log has no checkpoint left; sealing writes one at once',
    });
  return { ok: true, full, sequence: BigInt(extent.last), events, checkpoints, ignored: heads.ignored };
}

interface Extent {
  first: number;
  last: number;
}

async function extentOf(client: ClientBase): Promise<Extent> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    'SELECT min("sequence") AS first, max("sequence") AS last FROM public."AuditChain"',
  );
  return { first: Number(rows[0]?.first ?? 1), last: Number(rows[0]?.last ?? 0) };
}

/** A checkpoint, or what a run had verified, that is higher than the log. */
async function endsEarly(
  client: ClientBase,
  heads: SignedHeads,
  records: readonly VerificationRecord[],
  { last }: Extent,
): Promise<VerificationFinding | undefined> {
  const [beyond] = await heads.between(client, last, Number.MAX_SAFE_INTEGER);
  const kind = 'truncated at the tail';
  if (beyond) return { kind, sequence: BigInt(beyond.size), detail: 'the log ends before a checkpoint of it' };
  const verified = records.find(({ sequence }) => sequence > last);
  return (
    verified && { kind, sequence: BigInt(verified.sequence), detail: 'the log ends before what a run had verified' }
  );
}

interface Start {
  tree: GrowingTree;
  /** From the first leaf on. */
  whole: boolean;
}

/** Of a run over everything. Leaves that are gone must have been removed by prunes. */
async function beginning(client: ClientBase, { first }: Extent): Promise<Start | VerificationFinding> {
  const { rows } = await client.query<{ total: string | null }>(
    `SELECT sum(least("toSequence", $1::bigint) - "fromSequence" + 1) AS total FROM public."AuditTombstone" WHERE "fromSequence" <= $1`,
    [first - 1],
  );
  if (Number(rows[0]?.total ?? 0) < first - 1)
    return { kind: 'truncated at the head', sequence: BigInt(first), detail: 'the tree does not begin where it must' };
  return { tree: new GrowingTree(), whole: true };
}

/**
 * The tree of the highest checkpoint that the last good run has reached: its right edge, read from the tiles and proven by the checkpoint. Starts
 * at the tile in which it ends.
 */
async function lastVerified(
  client: ClientBase,
  heads: SignedHeads,
  records: readonly VerificationRecord[],
  extent: Extent,
): Promise<Start | VerificationFinding> {
  const verified = Math.max(0, ...records.filter(({ ok }) => ok).map(({ sequence }) => sequence));
  const head = await heads.highest(client, Math.min(verified, extent.last));
  if (head === undefined) return beginning(client, extent);
  const reader = new TreeReader(
    storedTree(async ({ text, values }) => (await client.query(text, values)).rows as unknown),
    head.size,
  );
  const edge = await reader.edge(head.size);
  if (!joinSubtrees(edge).equals(head.root))
    return {
      kind: 'forked',
      sequence: BigInt(head.size),
      detail: 'the log up to here is not the one that the checkpoint signs',
    };
  const whole = head.size - (head.size % TILE_WIDTH);
  return { tree: new GrowingTree(whole, await reader.edge(whole)), whole: false };
}

/** Time ranges of an incremental run: from a day before the last successful run on, and one older month in rotation. */
async function incrementalRanges(
  client: ClientBase,
  records: readonly VerificationRecord[],
): Promise<(readonly [string, string])[]> {
  const good = records.find(({ ok }) => ok);
  if (good === undefined) return [['-infinity', 'infinity']];
  const { rows } = await client.query<{ since: string; start: string; months: number }>(
    `SELECT since::text, date_trunc('month', start)::text AS start,
       (extract(year FROM age(since, start)) * 12 + extract(month FROM age(since, start)))::int + 1 AS months
     FROM (SELECT $1::timestamptz - interval '1 day' AS since) a,
          (SELECT coalesce((SELECT min("createdAt") FROM public."AuditEvent"), now()) AS start) b`,
    [good.at.toISOString()],
  );
  const row = rows[0];
  if (row === undefined) return [['-infinity', 'infinity']];
  const month = Math.floor(Date.now() / 86_400_000) % Math.max(row.months, 1);
  const { rows: turn } = await client.query<{ from: string; to: string }>(
    `SELECT CASE $2::int WHEN 0 THEN '-infinity' ELSE ($1::timestamptz + $2::int * interval '1 month')::text END AS from, least($1::timestamptz + ($2::int + 1) * interval '1 month', $3::timestamptz)::text AS to`,
    [row.start, month, row.since],
  );
  const older = turn[0] && turn[0].from < turn[0].to ? [[turn[0].from, turn[0].to] as const] : [];
  return [...older, [row.since, 'infinity'] as const];
}
