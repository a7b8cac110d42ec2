import type { Tx } from '../../db.ts';
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
    FROM (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM [(]'([^']+)'[)] TO [(]'([^']+)'[)]$re$) AS bound
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = '"AuditEvent"'::regclass) parts`;
  const range = row?.from && row.to ? { from: row.from, to: row.to } : null;
  known.set(db, { range, until: Date.now() + KEPT_MS });
  return range;
}

/** The start of the month that holds a moment, or of one so many months later, in UTC. */
function monthStart(moment: Date, later = 0): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + later, 1));
}

/** Splits time for reading: this month with what lies ahead of it, each covered month before it, and what is older; newest first. */
function stretches(covered: TimeRange): Segment[] {
  const thisMonth = monthStart(new Date(Math.min(Date.now(), covered.to.getTime() - 1)));
  let from = new Date(Math.max(thisMonth.getTime(), covered.from.getTime()));
  const found: Segment[] = [{ from }];
  while (from > covered.from) {
    const to = from;
    from = monthStart(to, -1);
    found.push({ from, to });
  }
  return [...found, { to: from }];
}

/**
 * The stretches that a query has to look into, newest first. One month is one partition, so its plan is a walk along one index, made
 * in no time and the same at any depth. Asked about all months at once, the planner may prefer to sort: a month that is still almost
 * empty makes that look cheap, and the DEFAULT partition, which has no place in the order, does so always. What lies ahead of this
 * month is next to nothing, so it is merged into this month's walk rather than asked for by itself: most pages are one query.
 */
export function segments(covered: TimeRange | null, { filters, cursor }: AuditQuery): Segment[] {
  if (covered === null) return [{}];
  const newest = Math.min(cursor?.createdAt.getTime() ?? Infinity, filters.to ? filters.to.getTime() - 1 : Infinity);
  const oldest = filters.from?.getTime() ?? -Infinity;
  return stretches(covered).filter(
    ({ from, to }) => newest >= (from?.getTime() ?? -Infinity) && oldest < (to?.getTime() ?? Infinity),
  );
}
