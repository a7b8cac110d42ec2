/**
 * `npm run bench -- seal --json`: events sealed and verified in a second, and what the notes cost those who write: 16 connections that
 * insert one event a transaction, with the trigger and without it, in turns.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { seal } from '#lib/audit/seal.ts';
import { trustedKeys } from '#lib/audit/signing.ts';
import { verifyAudit } from '#lib/audit/verify.ts';
import { openLanes } from '#lib/audit/verify-lanes.ts';
import { openDb } from '#lib/db.ts';
import { applyPostgresMigrations } from '#lib/db/postgres-migrations.ts';
import { insertEvents } from '../support/audit.ts';
import { fillLog } from './support/fill.ts';
import { demand, median, report, round } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

const MIGRATIONS = fileURLToPath(new URL('../../prisma/postgres', import.meta.url));
const WRITERS = 16;
const TURN_MS = 4_000;
const TURNS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 500_000);
  await using database = await benchDatabase();
  const insert_overhead_ratio = await overhead(database.url);
  await fillLog(database.url, rows, { sealing: true });
  const db = openDb(database.appUrl, { max: 2 });
  progress('sealing');
  let started = performance.now();
  const { sealed } = await seal(db, { anchor: 'always' });
  const sealMs = performance.now() - started;
  await db.$disconnect();
  await withClient(database.url, async (client) => {
    progress('building indexes');
    await applyPostgresMigrations(client, MIGRATIONS);
    for (const table of ['AuditEvent', 'AuditChain']) await client.query(`VACUUM ANALYZE "${table}"`);
  });
  progress('verifying everything');
  started = performance.now();
  const keys = trustedKeys({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  await using lanes = await openLanes(database.appUrl);
  const outcome = await verifyAudit(lanes.clients, keys, { full: true });
  const verifyMs = performance.now() - started;
  if (!outcome.ok) throw new Error(`the log does not verify: ${outcome.finding?.detail ?? ''}`);
  const result = {
    rows: outcome.events,
    seal_rows_s: Math.round((sealed / sealMs) * 1000),
    verify_rows_s: Math.round((outcome.events / verifyMs) * 1000),
    insert_overhead_ratio: round(insert_overhead_ratio),
  };
  report(result, values.json ?? false);
  demand({
    'seal_rows_s at least 40000': result.seal_rows_s >= 40_000,
    'verify_rows_s at least 150000': result.verify_rows_s >= 150_000,
    'insert_overhead_ratio at least 0.6': result.insert_overhead_ratio >= 0.6,
  });
}

/** Inserts a second with notes over inserts a second without, the median of the turns. */
async function overhead(url: string): Promise<number> {
  const ratios: number[] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    progress(`inserting at ${WRITERS} connections, turn ${turn} of ${TURNS}`);
    await withClient(url, (client) => client.query('ALTER TABLE "AuditEvent" DISABLE TRIGGER audit_note'));
    const without = await insertsInTurn(url);
    await withClient(url, (client) => client.query('ALTER TABLE "AuditEvent" ENABLE TRIGGER audit_note'));
    ratios.push((await insertsInTurn(url)) / without);
  }
  // What was written without notes would count as inserted behind the log's back.
  await withClient(url, (client) =>
    client.query(`SET session_replication_role = replica; TRUNCATE "AuditEvent", "AuditPending"`),
  );
  return median(ratios);
}

async function insertsInTurn(url: string): Promise<number> {
  const text = insertEvents(1, { createdAt: 'clock_timestamp()', metadata: `'{"method": "password"}'` });
  const until = performance.now() + TURN_MS;
  const counts = await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      let count = 0;
      for (; performance.now() < until; count++) await client.query({ name: 'insert', text });
      await client.end();
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0);
}

await main();
