import type pg from 'pg';
import { rangesToRead, type TimeRange } from '#lib/audit/events/coverage.ts';
import { pageSql } from '#lib/audit/events/list.ts';
import type { FilterName } from '#lib/audit/events/filters.ts';
import type { AuditQuery } from '#lib/audit/events/query.ts';
import { execute } from './postgres/postgres.ts';

/** What `generate_series` makes of a number `n`; any column may be replaced by another SQL expression over `n`. */
const COLUMNS = {
  id: 'gen_random_uuid()',
  createdAt: `date_trunc('milliseconds', timestamptz '2026-01-01' + n * interval '1 second')`,
  action: `(ARRAY['auth.sign_in','auth.sign_out','audit.read','access.denied'])[1 + n % 4]`,
  outcome: `CASE WHEN n % 50 = 0 THEN 'denied' WHEN n % 20 = 0 THEN 'failure' ELSE 'success' END`,
  actorType: `'user'`,
  actorId: `'user-' || n % 100`,
  actorLabel: `'person' || n % 100 || '@example.org'`,
  actorRole: `'user'`,
  targetType: `'user'`,
  targetId: `'target-' || n % 500`,
  source: `(ARRAY['web','api','worker'])[1 + n % 3]`,
  ip: `'192.0.2.' || n % 250`,
  requestId: `'request-' || n`,
  metadata: `'{}'`,
};

export type EventColumns = Partial<Record<keyof typeof COLUMNS, string>>;

/** The statement that writes `rows` events inside the server; it needs no round trip a row. */
export function insertEvents(rows: number, columns: EventColumns = {}): string {
  const all = { ...COLUMNS, ...columns };
  const names = Object.keys(all).map((name) => `"${name}"`);
  return `INSERT INTO "AuditEvent" (${names.join(', ')})
    SELECT ${Object.values(all).join(', ')} FROM generate_series(1, ${rows}) n`;
}

export const writeEvents = (url: string, rows: number, columns?: EventColumns): Promise<void> =>
  execute(url, insertEvents(rows, columns));

/** Every filter that has an index of its own, and every pair: with common, rare, single and absent values. */
export const FILTER_CASES: Partial<Record<FilterName, string>>[] = [
  {},
  { action: 'auth.sign_in' },
  { action: 'user.created' },
  { actor: 'user-42' },
  { actor: 'once' },
  { actor: 'person7@example.org' },
  { target: 'target-33' },
  { outcome: 'success' },
  { outcome: 'denied' },
  { source: 'api' },
  { requestId: 'request-77' },
  { action: 'auth.sign_in', outcome: 'denied' },
  { actor: 'user-42', action: 'audit.read' },
  { actor: 'user-40', outcome: 'failure' },
  { target: 'target-33', action: 'auth.sign_in' },
  { action: 'nothing.of_the_kind' },
];

interface PlanNode {
  'Rows Removed by Filter'?: number;
  'Actual Loops': number;
  'Actual Rows': number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** What one page costs: the blocks it touches and the most rows that one node read only to throw them away. */
export async function pageCost(client: pg.Client, query: AuditQuery, covered: TimeRange | null) {
  const cost = { buffers: 0, removed: 0 };
  const walk = (node: PlanNode) => {
    cost.removed = Math.max(cost.removed, (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops']);
    node.Plans?.forEach(walk);
  };
  let missing = query.limit;
  for (const segment of rangesToRead(covered, query)) {
    if (missing === 0) break;
    const { text, values } = pageSql({ ...query, limit: missing }, segment);
    const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>({
      text: `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${text}`,
      values,
    });
    const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
    if (plan === undefined) throw new Error('EXPLAIN returned no plan');
    cost.buffers += plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
    walk(plan);
    missing -= plan['Actual Rows'];
  }
  return cost;
}
