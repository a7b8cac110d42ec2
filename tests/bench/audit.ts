/**
 * `npm run bench -- audit --rows N --json`: what a page of the log costs at the front and at half depth, with the real query, and what
 * OFFSET and the OR form cost on the same data. The milliseconds are those of a client, the median of its runs.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { applyRepeatableMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { partitionedRange, rangesToRead, type TimeRange } from '#lib/audit/events/coverage.ts';
import { pageSql } from '#lib/audit/events/list.ts';
import { DEFAULT_LIMIT, type AuditQuery } from '#lib/audit/events/query.ts';
import { openDb, APP_SESSION_SQL } from '#lib/db.ts';
import { pageCost } from '../support/audit.ts';
import { fillLog } from './support/fill.ts';
import { reportAndExit, median, round, time, timeAlternating } from './support/measure.ts';
import { benchDatabase, progress, withClient } from './support/server.ts';

const LIMIT = DEFAULT_LIMIT + 1;
/** Blocks that a page may touch (docs/decisions/0024): a count, the same on every machine. */
const BUDGET = 60;
const MIGRATIONS = fileURLToPath(new URL('../../prisma/postgres', import.meta.url));

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { rows: { type: 'string' }, json: { type: 'boolean' } } });
  const rows = Number(values.rows ?? 1_000_000);
  if (!Number.isInteger(rows) || rows < 1000 || rows > 50_000_000) throw new Error('--rows takes 1000 to 50000000');
  await using database = await benchDatabase();
  await fillLog(database.url, rows);
  const covered = await prepare(database.url);
  const result = await withClient(database.url, (client) => measure(client, rows, covered));
  // OFFSET reads every row before its page, so what it costs grows with the log: half of what a million rows in the cache cost it.
  const depths = rows / 1_000_000;
  reportAndExit(
    result,
    [
      { figure: 'deep_ms', limit: 'first_ms', atMost: 2 },
      { figure: 'deep_buffers', limit: 'budget_buffers', atMost: 1 },
      { figure: 'offset_ms', limit: 'deep_ms', atLeast: round(40 * Math.min(1, depths), 2) },
    ],
    values.json ?? false,
  );
}

/** Builds the indexes, then statistics and visibility, as autovacuum would in time. */
async function prepare(url: string): Promise<TimeRange | null> {
  await withClient(url, async (client) => {
    progress('building indexes');
    await applyRepeatableMigrations(client, MIGRATIONS);
    progress('vacuum analyze');
    await client.query('VACUUM ANALYZE "AuditEvent"');
  });
  const db = openDb(url, { max: 1 });
  const covered = await partitionedRange(db);
  await db.$disconnect();
  return covered;
}

async function measure(client: pg.Client, rows: number, covered: TimeRange | null) {
  await client.query(`${APP_SESSION_SQL}; SET statement_timeout = 0`);
  const depth = Math.floor(rows / 2);
  progress(`finding the row at depth ${depth}`);
  const found = await client.query<{ createdAt: Date; id: string }>(
    `SELECT "createdAt", id FROM "AuditEvent" ORDER BY "createdAt" DESC, id DESC OFFSET ${depth} LIMIT 1`,
  );
  const cursor = found.rows[0];
  if (cursor === undefined) throw new Error('the log is shorter than it should be');
  const first: AuditQuery = { filters: {}, limit: LIMIT };
  const deep: AuditQuery = { ...first, cursor };
  progress('the real query');
  const [ofFirst, ofDeep] = await timeAlternating(
    201,
    () => page(client, first, covered),
    () => page(client, deep, covered),
  );
  const { buffers } = await pageCost(client, deep, covered);
  progress('OFFSET and the OR form');
  const columns = 'id, "createdAt", action, outcome, "actorLabel"';
  const order = `ORDER BY "createdAt" DESC, id DESC`;
  const bound = [cursor.createdAt.toISOString(), cursor.id];
  const offset_ms = median(
    await time(3, () => client.query(`SELECT ${columns} FROM "AuditEvent" ${order} OFFSET ${depth} LIMIT ${LIMIT}`), 1),
  );
  const or = `SELECT ${columns} FROM "AuditEvent" WHERE "createdAt" < $1::timestamptz OR ("createdAt" = $1::timestamptz AND id < $2::uuid)`;
  const or_form_ms = median(await time(3, () => client.query(`${or} ${order} LIMIT ${LIMIT}`, bound), 1));
  return {
    rows,
    first_ms: round(median(ofFirst)),
    deep_ms: round(median(ofDeep)),
    deep_buffers: buffers,
    budget_buffers: BUDGET,
    offset_ms: round(offset_ms),
    or_form_ms: round(or_form_ms),
  };
}

/** What listAudit() runs, over one connection and without the ORM's share. */
async function page(client: pg.Client, query: AuditQuery, covered: TimeRange | null): Promise<void> {
  let missing = LIMIT;
  for (const segment of rangesToRead(covered, query)) {
    const { text, values } = pageSql({ ...query, limit: missing }, segment);
    const found = await client.query({ text, values });
    missing -= found.rows.length;
    if (missing === 0) return;
  }
}

await main();
