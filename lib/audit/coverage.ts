import type { Tx } from '../db.ts';
import type { AuditQuery } from './query.ts';

/** From inclusive, to exclusive. */
export interface TimeRange {
  from: Date;
  to: Date;
}

/** A stretch of time that one query reads; an absent end is open. */
export type Segment = Partial<TimeRange>;

const KEPT_MS = 60_000;
const known = new WeakMap<object, { range: TimeRange | null; until: number }>();

/**
 * The time that the monthly partitions cover without looking at a row, or null when there is none. Kept for a minute per client:
 * a stale answer costs speed, not rows.
 */
export async function coveredRange(db: Tx): Promise<TimeRange | null> {
  const kept = known.get(db);
  if (kept && kept.until > Date.now()) return kept.range;
  const [row] = await db.$queryRaw<{ from: Date | null; to: Date | null }[]>`
    SELECT min(bound[1]::timestamptz) AS "from", max(bound[2]::timestamptz) AS "to"
    FROM (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM \('([^']+)'\) TO \('([^']+)'\)$re$) AS bound
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = '"AuditEvent"'::regclass) parts`;
  const range = row?.from && row.to ? { from: row.from, to: row.to } : null;
  known.set(db, { range, until: Date.now() + KEPT_MS });
  return range;
}

/**
 * Splits a query at the ends of the covered time, newest first. Inside the covered time PostgreSQL drops the DEFAULT partition
 * from the plan and then reads the months one after another, stopping at the first full page; with the DEFAULT partition in the
 * plan it would have to open every month for every page and merge them.
 */
export function segments(covered: TimeRange | null, { filters, cursor }: AuditQuery): Segment[] {
  if (covered === null) return [{}];
  const newest = Math.min(cursor?.createdAt.getTime() ?? Infinity, filters.to ? filters.to.getTime() - 1 : Infinity);
  const oldest = filters.from?.getTime() ?? -Infinity;
  const parts: Segment[] = [{ from: covered.to }, { from: covered.from, to: covered.to }, { to: covered.from }];
  return parts.filter(
    ({ from, to }) => newest >= (from?.getTime() ?? -Infinity) && oldest < (to?.getTime() ?? Infinity),
  );
}
