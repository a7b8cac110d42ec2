import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { partitionedRange, type TimeRange } from '#lib/audit/events/coverage.ts';
import { parseFilters } from '#lib/audit/events/filters.ts';
import { DEFAULT_LIMIT } from '#lib/audit/events/query.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { APP_SESSION_SQL } from '#lib/db.ts';
import { FILTER_CASES, pageCost, writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

/** Blocks of shared memory that one page may touch: a row of a page may lie in a block of its own, and the index has its path. */
const BUDGET = 60;
/** What the default retention of a year keeps, each month a partition with indexes of its own. */
const MONTHS = 13;
const ROWS = 240_000;

let database: TestDatabase;
let client: pg.Client;
let covered: TimeRange | null;

// A year, 20 rows in every moment, one actor with a single row, one action with three.
beforeAll(async () => {
  database = await freshDatabase();
  const start = `date_trunc('month', now() - interval '${MONTHS - 1} months')`;
  client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  await client.query(APP_SESSION_SQL);
  // Into their months at once: moving them there from the DEFAULT partition would be most of the test's time.
  // The template has the month in which the run began, which may be over.
  await client.query(
    `SELECT audit_make_partition(month) FROM generate_series(0, ${MONTHS - 2}) AS n, LATERAL (SELECT ${start} + n * interval '1 month') m(month)
     WHERE to_regclass(to_char(month, '"\\"AuditEvent_"YYYY_MM"\\""')) IS NULL`,
  );
  await writeEvents(database.ownerUrl, ROWS, {
    createdAt: `${start} + (n / 20) * 20 * (interval '${MONTHS - 1} months' / ${ROWS})`,
    actorId: `CASE WHEN n = 17 THEN 'once' ELSE 'user-' || n % 100 END`,
    action: `CASE WHEN n % 30000 = 5 THEN 'user.created' ELSE (ARRAY['auth.sign_in','auth.sign_out','audit.read'])[1 + n % 3] END`,
  });
  await ensurePartitions(database.db);
  await client.query('VACUUM ANALYZE "AuditEvent"');
  covered = await partitionedRange(database.db);
});

afterAll(async () => {
  await client.end();
  await database[Symbol.asyncDispose]();
});

/** At the front, near the end, and in every part of a month: what is left of one below the cursor may be little. */
const DEPTHS = Array.from({ length: 40 }, (_, index) => index / 40);

test.each(FILTER_CASES)('a page of %o stays within its budget at any depth and throws no rows away', async (given) => {
  const filters = parseFilters(given);
  if (!filters.ok || covered === null) throw new Error('the test is wrong');
  const span = Date.now() - covered.from.getTime();
  for (const depth of DEPTHS) {
    const cursor = {
      createdAt: new Date(Date.now() - depth * span),
      id: '80000000-0000-0000-0000-000000000000',
    };
    const cost = await pageCost(client, { filters: filters.value, cursor, limit: DEFAULT_LIMIT + 1 }, covered);
    expect(cost.buffers, `blocks at ${depth}`).toBeLessThanOrEqual(BUDGET);
    expect(cost.removed, `rows thrown away at ${depth}`).toBe(0);
  }
});

test('the budget is one that the obvious query breaks', async () => {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Record<string, number> }[] }>(
    `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT id FROM "AuditEvent" ORDER BY "createdAt" DESC, id DESC OFFSET ${ROWS / 2} LIMIT 51`,
  );
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan ?? {};
  expect((plan['Shared Hit Blocks'] ?? 0) + (plan['Shared Read Blocks'] ?? 0)).toBeGreaterThan(BUDGET * 3);
});
