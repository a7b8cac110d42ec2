import { Prisma, type Db } from '../../db.ts';
import { env } from '../../env.ts';
import { erasedFields } from '../proof/commitment.ts';
import type { Outcome, Source } from './catalogue.ts';
import { partitionedRange, rangesToRead, type OpenTimeRange } from './coverage.ts';
import { encodeCursor, type Position } from './cursor.ts';
import type { AuditFilters } from './filters.ts';
import type { AuditQuery } from './query.ts';

/** A row of the list, without metadata and user agent: wide values would slow the page down. */
export interface ListedEvent {
  id: string;
  createdAt: Date;
  action: string;
  outcome: Outcome;
  actorType: 'user' | 'agent' | 'system' | 'anonymous';
  actorId: string | null;
  actorLabel: string | null;
  actorRole: string | null;
  targetType: string | null;
  targetId: string | null;
  targetLabel: string | null;
  source: Source;
  ip: string | null;
  requestId: string | null;
  reason: string | null;
  /** Person fields that were erased. */
  erased: string[];
}

export interface AuditPage {
  events: ListedEvent[];
  /** Cursor of the next page; null on the last one. */
  nextCursor: string | null;
}

const LISTED = Prisma.raw(`"id", "createdAt", "action", "outcome", "actorType", "actorId", "actorLabel", "actorRole",
  "targetType", "targetId", "targetLabel", "source", "ip", "requestId", "reason",
  CASE WHEN "salts" ? 'erasures' THEN "salts" END AS salts`);

type Row = Omit<ListedEvent, 'erased'> & { salts: unknown };

/** Times are passed as text, independent of the driver's time zone handling. */
const moment = (date: Date) => Prisma.sql`${date.toISOString()}::timestamptz`;

/** True for an e-mail address; an agent's `<agent>:<id>` is an id, even if it contains `@`. */
export const isAddress = (actor: string): boolean => actor.includes('@') && !actor.includes(':');

/** Equality conditions of the filters; each has an index, and so do common pairs (docs/decisions/0024). */
export function filterConditions({ action, actor, target, outcome, source, requestId }: AuditFilters): Prisma.Sql[] {
  return [
    action === undefined ? [] : [Prisma.sql`"action" = ${action}`],
    actor === undefined
      ? []
      : [isAddress(actor) ? Prisma.sql`"actorLabel" = ${actor}` : Prisma.sql`"actorId" = ${actor}`],
    target === undefined ? [] : [Prisma.sql`"targetId" = ${target}`],
    outcome === undefined ? [] : [Prisma.sql`"outcome" = ${outcome}`],
    source === undefined ? [] : [Prisma.sql`"source" = ${source}`],
    requestId === undefined ? [] : [Prisma.sql`"requestId" = ${requestId}`],
  ].flat();
}

/** Sorts before every id of the same time. */
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/** A keyset position as a row value. Subqueries hide the values from the planner, so that the plan is the same at any depth (docs/decisions/0070). */
const position = ({ createdAt, id }: Position) => Prisma.sql`((SELECT ${moment(createdAt)}), (SELECT ${id}::uuid))`;

/**
 * Keyset bounds: strictly below the cursor or `to`, whichever is lower, and not below `from`. Bounds outside the range are omitted, because
 * each makes the planner expect fewer rows.
 */
function keysetConditions({ filters, cursor }: AuditQuery, range: OpenTimeRange): Prisma.Sql[] {
  const { from, to } = filters;
  const top = cursor && !(to && to <= cursor.createdAt) ? cursor : to && { createdAt: to, id: LOWEST_ID };
  const isWithin = (moment: Date) => !(range.from && moment < range.from) && !(range.to && moment >= range.to);
  return [
    ...(top && isWithin(top.createdAt) ? [Prisma.sql`("createdAt", "id") < ${position(top)}`] : []),
    ...(from && isWithin(from)
      ? [Prisma.sql`("createdAt", "id") >= ${position({ createdAt: from, id: LOWEST_ID })}`]
      : []),
  ];
}

/**
 * The query of one page within one time range. The bounds of the range are constants, because they select the partition. Values that vary
 * between pages, the row limit too, are hidden from the planner: for an unknown limit it optimises for the first rows and does not sort.
 * @param more conditions beside the filters.
 */
export function pageSql(
  query: AuditQuery,
  range: OpenTimeRange,
  columns: Prisma.Sql = LISTED,
  more: Prisma.Sql[] = [],
): Prisma.Sql {
  const { from, to } = range;
  const conditions = [
    ...filterConditions(query.filters),
    ...more,
    ...(from === undefined ? [] : [Prisma.sql`"createdAt" >= ${moment(from)}`]),
    ...(to === undefined ? [] : [Prisma.sql`"createdAt" < ${moment(to)}`]),
    ...keysetConditions(query, range),
  ];
  const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
  return Prisma.sql`SELECT ${columns} FROM "AuditEvent" ${where}
    ORDER BY "createdAt" DESC, "id" DESC LIMIT (SELECT ${query.limit}::int)`;
}

/**
 * One page, newest first, without a total count. New events sort above the cursor, so no row is repeated or skipped, with one exception: an
 * event becomes visible when its transaction commits, so one that commits after a later page was read is missed by that pagination.
 */
export async function listAudit(db: Db, query: AuditQuery): Promise<AuditPage> {
  const { filters, limit } = query;
  const events: ListedEvent[] = [];
  for (const range of rangesToRead(await partitionedRange(db), query)) {
    // One extra row shows whether there is a next page.
    const missing = limit + 1 - events.length;
    if (missing === 0) break;
    const rows = await db.$queryRaw<Row[]>(pageSql({ ...query, limit: missing }, range));
    events.push(...rows.map(({ salts, ...event }) => ({ ...event, erased: erasedFields(salts) })));
  }
  const page = events.slice(0, limit);
  const last = events.length > limit ? page.at(-1) : undefined;
  return { events: page, nextCursor: last ? encodeCursor(last, filters, env().NEXTAUTH_SECRET) : null };
}
