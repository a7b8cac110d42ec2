import type { ClientBase } from 'pg';
import type { ShippedAnchor } from './anchor.ts';
import { GENESIS } from './canonical.ts';
import type { Finding } from './finding.ts';
import type { PublicKeys } from './signing.ts';
import { uuidv7 } from '../../ids.ts';
import { verifyAnchors, verifyPrunes, verifyShipped } from './verify-anchors.ts';
import { verifyEvents } from './verify-events.ts';
import { inOneSnapshot, type Lanes } from './verifier-connections.ts';
import { verifyLinks, type Link } from './verify-links.ts';

export interface Verification {
  ok: boolean;
  full: boolean;
  /** Verified up to this sequence. */
  sequence: bigint;
  /** Events compared with their leaves in this run. */
  events: number;
  anchors: number;
  finding?: Finding;
}

export interface VerifyOptions {
  full: boolean;
  /** Anchors that were kept outside the database. */
  shipped?: ShippedAnchor[];
  /** Links or events a query. */
  window?: number;
  onProgress?: (message: string) => void;
}

/** Small enough that the connections end at about the same time, and that a join stays in memory; larger ones are not faster. */
const WINDOW = 50_000;

interface Extent {
  first: bigint;
  last: bigint;
}

/**
 * Verifies the log: the removals, the anchors, the links between them, and every event against its leaf. An incremental run starts
 * at the last verified anchor and compares the events of the last day, those sealed since, and one older month, another each day.
 * The SQL is spelt out here and calls functions of pg_catalog alone, so that a function of the database cannot vouch for itself.
 * @param clients connections of `openLanes()`; they share the work, and one is enough.
 */
export async function verifyAudit(
  clients: Lanes['clients'],
  keys: PublicKeys,
  options: VerifyOptions,
): Promise<Verification> {
  return inOneSnapshot(clients, SETTINGS, () => inspect(clients, keys, options));
}

/** The planner's own parallelism stays off: each connection is one lane. */
const SETTINGS = {
  timezone: `'UTC'`,
  jit: 'off',
  work_mem: `'64MB'`,
  statement_timeout: `'120s'`,
  max_parallel_workers_per_gather: '0',
  search_path: 'pg_catalog, public',
};

async function inspect(clients: Lanes['clients'], keys: PublicKeys, options: VerifyOptions): Promise<Verification> {
  const [client] = clients;
  const window = options.window ?? WINDOW;
  const say = options.onProgress ?? (() => undefined);
  const { first, last } = await extent(client);
  const broken = (finding: Finding): Verification => ({
    ok: false,
    full: options.full,
    sequence: 0n,
    events: 0,
    anchors: 0,
    finding,
  });

  const removal = await verifyPrunes(client, keys);
  if (removal) return broken(removal);
  const start = options.full ? null : await lastVerified(client);
  const anchors = await verifyAnchors(client, keys, start?.sequence ?? 0n, first, last);
  if (anchors.finding) return broken(anchors.finding);
  if (anchors.anchors === 0 && last > 0n)
    return broken({
      kind: 'truncated at the tail',
      sequence: last,
      detail: 'the chain has no anchor left; sealing writes one at once',
    });
  const shipped = await verifyShipped(client, keys, options.shipped ?? [], first, last);
  if (shipped) return broken(shipped);
  say(`${anchors.anchors} anchors hold`);

  const from = start ?? (await head(client, first, last));
  if ('kind' in from) return broken(from);
  const link = await verifyLinks(clients, from, last, BigInt(window), (links) =>
    say(`${links} of ${last - from.sequence} links`),
  );
  if (link) return broken(link);

  const stretches = options.full ? [['-infinity', 'infinity'] as const] : await recent(client);
  const { events, finding } = await verifyEvents(clients, stretches, window, (count) => say(`${count} events`));
  if (finding) return broken(finding);
  return { ok: true, full: options.full, sequence: last, events, anchors: anchors.anchors };
}

async function extent(client: ClientBase): Promise<Extent> {
  const { rows } = await client.query<{ first: string | null; last: string | null }>(
    'SELECT min("sequence") AS first, max("sequence") AS last FROM "AuditChain"',
  );
  return { first: BigInt(rows[0]?.first ?? 1), last: BigInt(rows[0]?.last ?? 0) };
}

/** The link before the first: the beginning of all, or the anchor at which a prune of the chain itself has cut. */
async function head(client: ClientBase, first: bigint, last: bigint): Promise<Link | Finding> {
  if (first === 1n || last === 0n) return { sequence: 0n, hash: GENESIS };
  const cut: Finding = {
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

/** The anchor, still in the chain, at or below what the last good run reached. */
async function lastVerified(client: ClientBase): Promise<Link | null> {
  const { rows } = await client.query<{ sequence: string; hash: Buffer }>(
    `SELECT a."sequence", a."hash" FROM "AuditAnchor" a JOIN "AuditChain" c ON c."sequence" = a."sequence"
     WHERE a."sequence" <= (SELECT max("sequence") FROM "AuditVerification" WHERE "ok") ORDER BY a."sequence" DESC LIMIT 1`,
  );
  return rows[0] ? { sequence: BigInt(rows[0].sequence), hash: rows[0].hash } : null;
}

/** What an incremental run looks at: from a day before the last good run to the end of time, and one of the older months in turn, the first with all before it. */
async function recent(client: ClientBase): Promise<(readonly [string, string])[]> {
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

/** Keeps what a run found, for the page and for the next incremental run. */
export async function recordVerification(
  client: ClientBase,
  { full, ok, sequence, finding }: Verification,
): Promise<void> {
  await client.query(
    'INSERT INTO "AuditVerification" ("id", "at", "full", "ok", "sequence", "finding") VALUES ($1, $2, $3, $4, $5, $6)',
    [uuidv7(), new Date().toISOString(), full, ok, sequence, finding ? `${finding.kind}: ${finding.detail}` : null],
  );
}
