/**
 * `npm run bench -- prune --json`: a month that is dropped whole against the same number of rows removed in batches, with the real prune:
 * sealed, signed, its tombstones written. A batch is as long as it held its locks, as its client saw it, and is compared
 * with a plain DELETE of as many rows.
 */
import { parseArgs } from 'node:util';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { DROP_TIMEOUT_MS, prune } from '#lib/audit/retention/prune.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey, trustedKeys } from '#lib/audit/proof/signing.ts';
import { verifyAudit } from '#lib/audit/verification/verify.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { openDb, type Db } from '#lib/db.ts';
import { insertEvents } from '../support/audit.ts';
import { reportAndExit, median, round, time } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

const BARE_BATCHES = 60;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 1_000_000);
  await using database = await benchDatabase();
  const db = openDb(database.appUrl, { max: 3, socketTimeoutMs: DROP_TIMEOUT_MS });
  await fill(database.url, db, rows);
  const batches: number[] = [];
  // In the month before last everything goes; in the one after it, what one person did stays, so the rest goes row by row.
  const dropped = await step(database.url, db, 400, []);
  progress(`dropped: ${dropped.removed} rows in ${round(dropped.ms)} ms`);
  const deleted = await step(database.url, db, 300, batches);
  progress(`deleted: ${deleted.removed} rows in ${batches.length} batches`);
  await check(database.appUrl, db);
  await db.$disconnect();
  const missed = [dropped.removed, deleted.removed].find((removed) => removed !== rows);
  if (missed !== undefined) throw new Error(`${missed} rows were removed instead of ${rows}`);
  const size = Math.max(1, Math.round(rows / batches.length));
  const bare = await bareDeletes(database.url, size);
  const result = {
    rows,
    drop_ms: round(dropped.ms, 1),
    drop_wal_bytes: dropped.wal,
    delete_ms: round(deleted.ms, 1),
    delete_wal_bytes: deleted.wal,
    batch_rows: size,
    batch_ms: round(median(batches), 1),
    batch_p95_ms: round(p95(batches), 1),
    bare_batch_ms: round(median(bare), 1),
    bare_batch_p95_ms: round(p95(bare), 1),
  };
  reportAndExit(
    result,
    [
      { figure: 'drop_ms', limit: 'delete_ms', atMost: 0.3 },
      { figure: 'drop_wal_bytes', limit: 'delete_wal_bytes', atMost: 0.05 },
      { figure: 'batch_ms', limit: 'bare_batch_ms', atMost: 12 },
      { figure: 'batch_p95_ms', limit: 'bare_batch_p95_ms', atMost: 12 },
    ],
    values.json ?? false,
  );
}

const p95 = (times: number[]) =>
  times.toSorted((one, other) => one - other)[Math.floor(times.length * 0.95)] ?? Number.NaN;

/** Times of batches of as many rows that a plain DELETE takes from a table of the same columns and indexes, each committed. */
function bareDeletes(url: string, size: number): Promise<number[]> {
  progress(`bare deletes of ${size} rows`);
  return withClient(url, async (client) => {
    const rows = size * BARE_BATCHES;
    await client.query('CREATE TABLE bare (LIKE "AuditEvent" INCLUDING DEFAULTS INCLUDING INDEXES)');
    await client.query(
      insertEvents(rows, { createdAt: `now() + n * interval '1 ms'` }).replace('"AuditEvent"', 'bare'),
    );
    await client.query('VACUUM ANALYZE bare');
    await client.query('CHECKPOINT');
    const batch = `DELETE FROM bare WHERE id IN (SELECT id FROM bare ORDER BY "createdAt", id LIMIT ${size})`;
    const times = await time(BARE_BATCHES, () => client.query(batch), 0);
    await client.query('DROP TABLE bare');
    return times;
  });
}

/** Two months of `rows` events each, 13 and 10 months ago; one more event in the second is kept longer by the policy. */
async function fill(url: string, db: Db, rows: number): Promise<void> {
  await withClient(url, async (client) => {
    for (const days of [450, 350]) {
      progress(`writing ${rows} rows`);
      const month = `date_trunc('month', now() - interval '${days} days')`;
      await client.query(`SELECT audit_make_partition(${month})`);
      await client.query(
        insertEvents(rows, {
          createdAt: `date_trunc('milliseconds', ${month} + n * (interval '27 days' / ${rows}))`,
          action: `'auth.sign_in'`,
        }),
      );
    }
    await client.query(
      insertEvents(1, {
        createdAt: `date_trunc('month', now() - interval '350 days') + interval '1 day'`,
        action: `'user.created'`,
      }),
    );
  });
  await ensurePartitions(db);
  progress('sealing');
  await seal(db, { checkpoint: 'always' });
  await withClient(url, async (client) => {
    for (const table of ['AuditEvent', 'AuditChain', 'AuditPending']) await client.query(`VACUUM ANALYZE "${table}"`);
    await client.query('CHECKPOINT');
  });
}

/** One prune with its time and what it wrote to the log of the database. */
async function step(url: string, db: Db, days: number, batches: number[]) {
  const key = signingKey({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  const policy = { days, longer: [{ pattern: 'user.created', days: 3650 }] };
  return withClient(url, (client) =>
    withClient(url, async (lock) => {
      const at = async () =>
        (await client.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn')).rows[0]?.lsn ?? '0/0';
      const before = await at();
      const started = performance.now();
      const { removed } = await prune(db, lock, { policy, key, onBatch: (ms) => void batches.push(ms) });
      const ms = performance.now() - started;
      const { rows } = await client.query<{ wal: string }>('SELECT pg_wal_lsn_diff($1, $2) AS wal', [
        await at(),
        before,
      ]);
      return { removed, ms, wal: Number(rows[0]?.wal) };
    }),
  );
}

/** What was measured must also be right: the log still verifies. */
async function check(url: string, db: Db): Promise<void> {
  await seal(db, { checkpoint: 'always' });
  const keys = trustedKeys({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  await using lanes = await openVerifierConnections(url);
  const outcome = await verifyAudit(lanes.clients, keys, { full: true });
  if (!outcome.ok) throw new Error(`the log does not verify after the prune: ${outcome.finding?.detail ?? ''}`);
}

await main();
