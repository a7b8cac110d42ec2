import type { Tx } from '../../db.ts';
import type { AuditQuery } from './query.ts';

/** `from` inclusive, `to` exclusive. */
export interface TimeRange {
  from: Date;
  to: Date;
}

/** A time range read by one query; a missing bound is open. */
export type OpenTimeRange = Partial<TimeRange>;

const CACHE_MS = 60_000;
const cachedRanges = new WeakMap<object, { range: TimeRange | null; until: number }>();

/** The time range of the monthly partitions, or null when there are none. Cached for a minute per client: a stale value affects speed only. */
export async function partitionedRange(db: Tx): Promise<TimeRange | null> {
  const cached = cachedRanges.get(db);
  if (cached && cached.until > Date.now()) return cached.range;
  const [row] = await db.$queryRaw<{ from: Date | null; to: Date | null }[]>`
    SELECT min(bound[1]::timestamptz) AS "from", max(bound[2]::timestamptz) AS "to"
    FROM (SELECT regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM [(]'([^']+)'[)] TO [(]'([^']+)'[)]$re$) AS bound
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
          WHERE i.inhparent = '"AuditEvent"'::regclass) parts`;
  const range = row?.from && row.to ? { from: row.from, to: row.to } : null;
  cachedRanges.set(db, { range, until: Date.now() + CACHE_MS });
  return range;
}

/** The start of the month that holds a moment, or of one so many months later, in UTC. */
function monthStart(moment: Date, later = 0): Date {
  return new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth() + later, 1));
}

/** Splits time into the current month and later, each earlier partitioned month, and the rest; newest first. */
function splitByMonth(partitioned: TimeRange): OpenTimeRange[] {
  const thisMonth = monthStart(new Date(Math.min(Date.now(), partitioned.to.getTime() - 1)));
  let from = new Date(Math.max(thisMonth.getTime(), partitioned.from.getTime()));
  const ranges: OpenTimeRange[] = [{ from }];
  while (from > partitioned.from) {
    const to = from;
    from = monthStart(to, -1);
    ranges.push({ from, to });
  }
  return [...ranges, { to: from }];
}

/**
 * The time ranges that a query has to read, newest first. Each range is one partition, so its plan is an index scan at any depth. Over all
 * months at once the planner may choose to sort: an almost empty month makes that look cheap, and the DEFAULT partition always requires it.
 * Future events are rare and read with the current month, so most pages are one query.
 */
export function rangesToRead(partitioned: TimeRange | null, { filters, cursor }: AuditQuery): OpenTimeRange[] {
  if (partitioned === null) return [{}];
  const newest = Math.min(cursor?.createdAt.getTime() ?? Infinity, filters.to ? filters.to.getTime() - 1 : Infinity);
  const oldest = filters.from?.getTime() ?? -Infinity;
  return splitByMonth(partitioned).filter(
    ({ from, to }) => newest >= (from?.getTime() ?? -Infinity) && oldest < (to?.getTime() ?? Infinity),
  );
}
