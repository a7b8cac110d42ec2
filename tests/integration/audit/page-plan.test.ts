import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { partitionedRange, rangesToRead, type TimeRange } from '#lib/audit/events/coverage.ts';
import { parseFilters, type FilterName } from '#lib/audit/events/filters.ts';
import { pageSql } from '#lib/audit/events/list.ts';
import { DEFAULT_LIMIT, type AuditQuery } from '#lib/audit/events/query.ts';
import { APP_SESSION_SQL } from '#lib/db.ts';
import { FILTER_CASES, pageCost, writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

/** As in budget.test.ts; a page that crosses into the month before pays for the path of one more index. */
const BUDGET = 60;
const LIMIT = DEFAULT_LIMIT + 1;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Months of every length, among them a nearly empty one and one that was never analysed. Far ahead of the server's own months. */
const FULL = 20_000;
const MONTHS = [
  { month: '2041-01', rows: FULL },
  { month: '2041-02', rows: 400 },
  { month: '2041-03', rows: FULL },
  { month: '2041-04', rows: FULL },
  { month: '2041-05', rows: 0 },
];
const UNANALYSED = { month: '2041-06', rows: FULL };
/** When the log is read: the first minute of a month, its last ones, its middle. */
const TODAY = ['2041-05-01T00:00:30Z', '2041-04-30T23:58:00Z', '2041-04-15T12:00:00Z', '2041-03-01T00:00:00Z'];
/** From the edge of a month: what is left of it below a cursor may be a row, a page, or a day. */
const FROM_EDGE = [1, 1_200_000, DAY_MS, 3 * DAY_MS].flatMap((distance) => [distance, -distance]);

let database: TestDatabase;
let client: pg.Client;
let covered: TimeRange;

const start = (month: string) => `timestamptz '${month}-01T00:00:00Z'`;

// What comes in runs, as an attack does, is what a walk along another index would have to throw away.
const write = ({ month, rows }: { month: string; rows: number }) =>
  writeEvents(database.ownerUrl, rows, {
    createdAt: `${start(month)} + (n / 20) * 20 * (((${start(month)} + interval '1 month') - ${start(month)}) / ${rows + 20})`,
    actorId: `CASE WHEN n = 17 THEN 'once' ELSE 'user-' || n % 100 END`,
    action: `CASE WHEN n % 30000 = 5 THEN 'user.created' ELSE (ARRAY['auth.sign_in','auth.sign_out','audit.read'])[1 + n % 3] END`,
    outcome: `CASE WHEN n / 1500 % 4 = 0 THEN 'denied' WHEN n % 20 = 0 THEN 'failure' ELSE 'success' END`,
  });

beforeAll(async () => {
  database = await freshDatabase();
  client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  await client.query(APP_SESSION_SQL);
  for (const { month } of [...MONTHS, UNANALYSED]) await client.query(`SELECT audit_make_partition(${start(month)})`);
  await client.query('ALTER TABLE "AuditEvent_2041_06" SET (autovacuum_enabled = off)');
  for (const month of MONTHS) if (month.rows > 0) await write(month);
  await client.query('VACUUM ANALYZE "AuditEvent"');
  await write(UNANALYSED);
  const made = await partitionedRange(database.db);
  if (made === null) throw new Error('the test is wrong');
  covered = { from: new Date('2041-01-01Z'), to: made.to };
});

afterAll(async () => {
  vi.useRealTimers();
  await client.end();
  await database[Symbol.asyncDispose]();
});

function queries(given: Partial<Record<FilterName, string>>, moment: Date): AuditQuery[] {
  const parsed = (more: Partial<Record<FilterName, string>>) => {
    const filters = parseFilters({ ...given, ...more });
    if (!filters.ok) throw new Error('the test is wrong');
    return filters.value;
  };
  const to = moment.toISOString();
  const cursor = { createdAt: moment, id: '80000000-0000-0000-0000-000000000000' };
  return [
    { filters: parsed({}), cursor, limit: LIMIT },
    { filters: parsed({ to }), limit: LIMIT },
    { filters: parsed({ from: new Date(moment.getTime() - 5 * HOUR_MS).toISOString(), to }), limit: LIMIT },
    { filters: parsed({ from: '2041-01-05', to: '2041-07-01' }), cursor, limit: LIMIT },
  ];
}

/** Every edge of every month, seen from both sides. */
const moments = (months: string[]) =>
  months.flatMap((month) => FROM_EDGE.map((distance) => new Date(Date.parse(`${month}-01T00:00:00Z`) + distance)));

test.each(FILTER_CASES)('a page of %o throws no row away, whatever is left of the month below it', async (given) => {
  for (const [turn, moment] of moments(['2041-02', '2041-03', '2041-05']).entries()) {
    const today = TODAY[turn % TODAY.length] ?? '';
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(today) });
    for (const query of queries(given, moment)) {
      const cost = await pageCost(client, query, covered);
      const where = `${moment.toISOString()} on ${today} ${JSON.stringify(query.filters)}`;
      expect(cost.removed, `rows thrown away at ${where}`).toBe(0);
      expect(cost.buffers, `blocks at ${where}`).toBeLessThanOrEqual(BUDGET);
    }
  }
});

// Pairs without an index of their own too: which index they walk may depend on the month, not on the place in it.
test.each([...FILTER_CASES, { actor: 'user-42', source: 'api' }, { target: 'target-33', outcome: 'success' }])(
  'the plan of %o is one for the whole of a month',
  async (given) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2041-05-01T00:00:30Z') });
    // By statement and stretch, with the planner's own figures: it knows of nothing that differs from cursor to cursor.
    const plans = new Map<string, Set<string>>();
    const explained = new Set<string>();
    for (const moment of moments(['2041-02', '2041-03', '2041-04', '2041-05'])) {
      for (const query of queries(given, moment)) {
        for (const segment of rangesToRead(covered, query)) {
          const { text, values } = pageSql(query, segment);
          const key = `${JSON.stringify(segment)} ${text}`;
          // Away from the edges many cursors ask the same of a month.
          const statement = key + JSON.stringify(values);
          if (explained.has(statement)) continue;
          explained.add(statement);
          const { rows } = await client.query<{ 'QUERY PLAN': string }>({ text: `EXPLAIN ${text}`, values });
          plans.set(key, (plans.get(key) ?? new Set()).add(rows.map((row) => row['QUERY PLAN']).join('\n')));
        }
      }
    }
    for (const [key, texts] of plans) expect([...texts], key).toHaveLength(1);
  },
);

test.each(FILTER_CASES.filter((given) => Object.keys(given).length < 2))(
  'a page of %o walks its index in a month that was never analysed',
  async (given) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2041-06-20T00:00:00Z') });
    for (const moment of moments(['2041-06', '2041-07'])) {
      for (const query of queries(given, moment)) {
        const cost = await pageCost(client, query, covered);
        const where = `${moment.toISOString()} ${JSON.stringify(query.filters)}`;
        expect(cost.removed, `rows thrown away at ${where}`).toBe(0);
        expect(cost.buffers, `blocks at ${where}`).toBeLessThanOrEqual(BUDGET);
      }
    }
  },
);
