/**
 * `npm run bench -- prune --json`: a month that is dropped whole against the same number of rows removed in batches, with the real prune:
 * sealed, signed, its tombstones written. `max_batch_ms` is the longest that a batch held its locks, as its client saw it.
 */
import { parseArgs } from 'node:util';
import { ensurePartitions } from '#lib/audit/partitions.ts';
import { DROP_TIMEOUT_MS, prune } from '#lib/audit/prune.ts';
import { seal } from '#lib/audit/seal.ts';
import { signingKey, trustedKeys } from '#lib/audit/signing.ts';
import { verifyAudit } from '#lib/audit/verify.ts';
import { openLanes } from '#lib/audit/verify-lanes.ts';
import { openDb, type Db } from '#lib/db.ts';
import { insertEvents } from '../support/audit.ts';
import { demand, report, round } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 1_000_000);
  await using database = await benchDatabase();
  const db = openDb(database.appUrl, { max: 3, patienceMs: DROP_TIMEOUT_MS });
  await fill(database.url, db, rows);
  const batches: number[] = [];
  // In the month before last everything goes; in the one after it, what one person did stays, so the rest goes row by row.
  const dropped = await step(database.url, db, 400, []);
  progress(`dropped: ${dropped.removed} rows in ${round(dropped.ms)} ms`);
  const deleted = await step(database.url, db, 300, batches);
  progress(`deleted: ${deleted.removed} rows in ${batches.length} batches`);
  await check(database.appUrl, db);
  await db.$disconnect();
  const per = rows / 1_000_000;
  const result = {
    rows,
    drop_ms: round(dropped.ms, 1),
    drop_wal_bytes: dropped.wal,
    delete_ms: round(deleted.ms, 1),
    delete_wal_bytes: deleted.wal,
    max_batch_ms: round(Math.max(...batches), 1),
  };
  report(result, values.json ?? false);
  demand({
    'drop_wal_bytes below 2 MB per million rows': result.drop_wal_bytes < 2_000_000 * Math.max(per, 1),
    'max_batch_ms below 50': result.max_batch_ms < 50,
    'as many rows went either way': dropped.removed === rows && deleted.removed === rows,
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
  await seal(db, { anchor: 'always' });
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
  await seal(db, { anchor: 'always' });
  const keys = trustedKeys({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  await using lanes = await openLanes(url);
  const outcome = await verifyAudit(lanes.clients, keys, { full: true });
  if (!outcome.ok) throw new Error(`the log does not verify after the prune: ${outcome.finding?.detail ?? ''}`);
}

await main();
