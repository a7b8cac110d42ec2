import type { ClientBase } from 'pg';
import type { ShippedAnchor } from './anchor.ts';
import { GENESIS } from './canonical.ts';
import type { VerificationFinding } from './finding.ts';
import type { PublicKeys } from './signing.ts';
import { uuidv7 } from '../../ids.ts';
import { verifyAnchors, verifyPrunes, verifyShippedAnchors } from './verify-anchors.ts';
import { verifyEvents } from './verify-events.ts';
import { withSharedSnapshot, type VerifierConnections } from './verifier-connections.ts';
import { verifyLinks, type ChainLink } from './verify-links.ts';

export interface Verification {
  ok: boolean;
  full: boolean;
  /** Verified up to this sequence. */
  sequence: bigint;
  /** Events compared with their leaves in this run. */
  events: number;
  anchors: number;
  finding?: VerificationFinding;
}

export interface VerifyOptions {
  full: boolean;
  /** Anchors that were kept outside the database. */
  shipped?: ShippedAnchor[];
  /** Links or events a query. */
  batchSize?: number;
  onProgress?: (message: string) => void;
}

/** Small enough to balance the connections and to join in memory; larger batches are not faster. */
const BATCH_SIZE = 50_000;

interface ChainBounds {
  first: bigint;
  last: bigint;
}

/**
 * Verifies the log: removals, anchors, chain links, and every event against its leaf. An incremental run starts at the last verified anchor
 * and compares the events of the last day, those sealed since, and one older month in rotation. The SQL only uses functions of pg_catalog,
 * so that modified functions of the database cannot affect the result.
 * @param clients connections of `openVerifierConnections()`; at least one.
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
  search_path: 'pg_catalog, public',
};

async function verifyInSnapshot(
  clients: VerifierConnections['clients'],
  keys: PublicKeys,
  options: VerifyOptions,
): Promise<Verification> {
  const [client] = clients;
  const batchSize = options.batchSize ?? BATCH_SIZE;
  const report = options.onProgress ?? (() => undefined);
  const { first, last } = await readChainBounds(client);
  const broken = (finding: VerificationFinding): Verification => ({
    ok: false,
    full: options.full,
    sequence: 0n,
    events: 0,
    anchors: 0,
    finding,
  });

  const removal = await verifyPrunes(client, keys);
  if (removal) return broken(removal);
  const start = options.full ? null : await lastVerifiedLink(client);
  const anchors = await verifyAnchors(client, keys, start?.sequence ?? 0n, first, last);
  if (anchors.finding) return broken(anchors.finding);
  if (anchors.anchors === 0 && last > 0n)
    return broken({
      kind: 'truncated at the tail',
      sequence: last,
      detail: 'the chain has no anchor left; sealing writes one at once',
    });
  const shipped = await verifyShippedAnchors(client, keys, options.shipped ?? [], first, last);
  if (shipped) return broken(shipped);
  report(`${anchors.anchors} anchors hold`);

  const from = start ?? (await chainStart(client, first, last));
  if ('kind' in from) return broken(from);
  const link = await verifyLinks(clients, from, last, BigInt(batchSize), (links) =>
    report(`${links} of ${last - from.sequence} links`),
  );
  if (link) return broken(link);

  const ranges = options.full ? [['-infinity', 'infinity'] as const] : await incrementalRanges(client);
  const { events, finding } = await verifyEvents(clients, ranges, batchSize, (count) => report(`${count} events`));
  if (finding) return broken(finding);
  return { ok: true, full: options.full, sequence: last, events, anchors: anchors.anchors };
}

async function readChainBounds(client: ClientBase): Promise<ChainBounds> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    'SELECT min("sequence") AS first, max("sequence") AS last FROM "AuditChain"',
  );
  return { first: BigInt(rows[0]?.first ?? 1), last: BigInt(rows[0]?.last ?? 0) };
}

/** The link before the first one: the genesis hash, or the anchor where the chain was truncated. */
async function chainStart(client: ClientBase, first: bigint, last: bigint): Promise<ChainLink | VerificationFinding> {
  if (first === 1n || last === 0n) return { sequence: 0n, hash: GENESIS };
  const cut: VerificationFinding = {
    kind: 'truncated at the head',
    sequence: first,
    detail: 'the chain does not begin where it must',
  };
  const { rows } = await client.query<{ hash: Buffer }>('SELECT "hash" FROM "AuditAnchor" WHERE "sequence" = $1', [
    first - 1n,
  ]);
  const covered = await client.query<{ total: string | null }>(
    `SELECT sum(least("toSequence", $1::bigint) - "fromSequence" + 1) AS total FROM "AuditTombstone" WHERE "fromSequence" <= $1`,
    [first - 1n],
  );
  if (!rows[0] || BigInt(covered.rows[0]?.total ?? 0) !== first - 1n) return cut;
  return { sequence: first - 1n, hash: rows[0].hash };
}

/** The newest anchor in the chain that a successful run has verified. */
async function lastVerifiedLink(client: ClientBase): Promise<ChainLink | null> {
  const { rows } = await client.query<{ sequence: string; hash: Buffer }>(
    `SELECT a."sequence", a."hash" FROM "AuditAnchor" a JOIN "AuditChain" c ON c."sequence" = a."sequence"
     WHERE a."sequence" <= (SELECT max("sequence") FROM "AuditVerification" WHERE "ok") ORDER BY a."sequence" DESC LIMIT 1`,
  );
  return rows[0] ? { sequence: BigInt(rows[0].sequence), hash: rows[0].hash } : null;
}

/** Time ranges of an incremental run: from a day before the last successful run on, and one older month in rotation. */
async function incrementalRanges(client: ClientBase): Promise<(readonly [string, string])[]> {
  const { rows } = await client.query<{ since: string; start: string; months: number }>(
    `SELECT since::text, date_trunc('month', start)::text AS start,
       (extract(year FROM age(since, start)) * 12 + extract(month FROM age(since, start)))::int + 1 AS months
     FROM (SELECT coalesce(max("at") - interval '1 day', '-infinity') AS since FROM "AuditVerification" WHERE "ok") a,
          (SELECT coalesce((SELECT min("createdAt") FROM "AuditEvent"), now()) AS start) b`,
  );
  const row = rows[0];
  if (row === undefined || row.since === '-infinity') return [['-infinity', 'infinity']];
  const month = Math.floor(Date.now() / 86_400_000) % Math.max(row.months, 1);
  const { rows: turn } = await client.query<{ from: string; to: string }>(
    `SELECT CASE $2::int WHEN 0 THEN '-infinity' ELSE ($1::timestamptz + $2::int * interval '1 month')::text END AS from, least($1::timestamptz + ($2::int + 1) * interval '1 month', $3::timestamptz)::text AS to`,
    [row.start, month, row.since],
  );
  const older = turn[0] && turn[0].from < turn[0].to ? [[turn[0].from, turn[0].to] as const] : [];
  return [...older, [row.since, 'infinity'] as const];
}

/** Stores the result of a run, for the page and for the next incremental run. */
export async function recordVerification(
  client: ClientBase,
  { full, ok, sequence, finding }: Verification,
): Promise<void> {
  await client.query(
    'INSERT INTO "AuditVerification" ("id", "at", "full", "ok", "sequence", "finding") VALUES ($1, $2, $3, $4, $5, $6)',
    [uuidv7(), new Date().toISOString(), full, ok, sequence, finding ? `${finding.kind}: ${finding.detail}` : null],
  );
}
