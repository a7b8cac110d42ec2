/**
 * `npm run bench -- seal --json`: events sealed and verified in a second, and what the notes cost those who write: 16 connections that
 * insert one event a transaction, with the trigger and without it, in turns.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { seal } from '#lib/audit/proof/seal.ts';
import { trustedKeys } from '#lib/audit/proof/signing.ts';
import { verifyAudit } from '#lib/audit/verification/verify.ts';
import { openVerifierConnections } from '#lib/audit/verification/connections.ts';
import { openDb } from '#lib/db.ts';
import { applyRepeatableMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { insertEvents } from '../support/audit.ts';
import { fillLog } from './support/fill.ts';
import { reportAndExit, median, time } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

const MIGRATIONS = fileURLToPath(new URL('../../prisma/postgres', import.meta.url));
const WRITERS = 16;
const TURN_MS = 4_000;
const TURNS = 3;

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 500_000);
  await using database = await benchDatabase();
  const [withNotes, without] = await inserts(database.url);
  await fillLog(database.url, rows, { sealing: true });
  const db = openDb(database.appUrl, { max: 2 });
  progress('sealing');
  let started = performance.now();
  const { sealed } = await seal(db, { checkpoint: 'always' });
  const sealMs = performance.now() - started;
  await db.$disconnect();
  await withClient(database.url, async (client) => {
    progress('building indexes');
    await applyRepeatableMigrations(client, MIGRATIONS);
    for (const table of ['AuditEvent', 'AuditChain']) await client.query(`VACUUM ANALYZE "${table}"`);
  });
  progress('verifying everything');
  started = performance.now();
  const keys = trustedKeys({ NEXTAUTH_SECRET: process.env.NEXTAUTH_SECRET ?? '' });
  await using lanes = await openVerifierConnections(database.appUrl);
  const outcome = await verifyAudit(lanes.clients, keys, { full: true });
  const verifyMs = performance.now() - started;
  if (!outcome.ok) throw new Error(`the log does not verify: ${outcome.finding?.detail ?? ''}`);
  const result = {
    rows: outcome.events,
    seal_rows_s: Math.round((sealed / sealMs) * 1000),
    verify_rows_s: Math.round((outcome.events / verifyMs) * 1000),
    bare_hash_rows_s: Math.round(await hashRate(database.url)),
    insert_with_notes_s: Math.round(withNotes),
    bare_insert_s: Math.round(without),
  };
  reportAndExit(
    result,
    [
      { figure: 'seal_rows_s', limit: 'bare_hash_rows_s', atLeast: 0.1 },
      { figure: 'verify_rows_s', limit: 'bare_hash_rows_s', atLeast: 0.2 },
      { figure: 'insert_with_notes_s', limit: 'bare_insert_s', atLeast: 0.6 },
    ],
    values.json ?? false,
  );
}

/** Events read and hashed in a second by one connection that does nothing else with them: what sealing and verifying could be at best. */
function hashRate(url: string): Promise<number> {
  progress('a bare scan and hash');
  return withClient(url, async (client) => {
    await client.query('SET max_parallel_workers_per_gather = 0');
    const scan = `SELECT count(sha256(convert_to(e::text, 'UTF8')))::int AS n FROM "AuditEvent" e`;
    let rows = 0;
    const taken = await time(3, async () => (rows = (await client.query<{ n: number }>(scan)).rows[0]?.n ?? 0), 1);
    return (rows / median(taken)) * 1000;
  });
}

/** Inserts a second with notes and without, in turns; the turn whose ratio is in the middle. */
async function inserts(url: string): Promise<[withNotes: number, without: number]> {
  const turns: [number, number][] = [];
  for (let turn = 1; turn <= TURNS; turn++) {
    progress(`inserting at ${WRITERS} connections, turn ${turn} of ${TURNS}`);
    await withClient(url, (client) => client.query('ALTER TABLE "AuditEvent" DISABLE TRIGGER audit_note'));
    const without = await insertsInTurn(url);
    await withClient(url, (client) => client.query('ALTER TABLE "AuditEvent" ENABLE TRIGGER audit_note'));
    turns.push([await insertsInTurn(url), without]);
  }
  // What was written without notes would count as inserted behind the log's back.
  await withClient(url, (client) =>
    client.query(`SET session_replication_role = replica; TRUNCATE "AuditEvent", "AuditPending"`),
  );
  const middle = median(turns.map(([one, other]) => one / other));
  return turns.find(([one, other]) => one / other === middle) ?? [Number.NaN, Number.NaN];
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
