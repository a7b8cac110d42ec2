import { Prisma, type Db } from '../../db.ts';
import { env } from '../../env.ts';
import type { Outcome, Source } from './catalogue.ts';
import { coveredRange, segments, type Segment } from './coverage.ts';
import { encodeCursor, type Position } from './cursor.ts';
import type { AuditFilters } from './filters.ts';
import type { AuditQuery } from './query.ts';

/** A row of the list. Metadata and user agent are left out: wide values make a page of the list slow. */
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
}

export interface AuditPage {
  events: ListedEvent[];
  /** Where the next page starts; null on the last one. */
  nextCursor: string | null;
}

const LISTED = Prisma.raw(`"id", "createdAt", "action", "outcome", "actorType", "actorId", "actorLabel", "actorRole",
  "targetType", "targetId", "targetLabel", "source", "ip", "requestId", "reason"`);

/** Moments travel as text: a driver's idea of a time zone must not move a cursor. */
const moment = (date: Date) => Prisma.sql`${date.toISOString()}::timestamptz`;

/** True when a text names a person by address; an agent's `<agent>:<id>` is an id, whatever the agent calls its own. */
export const isAddress = (actor: string): boolean => actor.includes('@') && !actor.includes(':');

/** The conditions of the filters that compare for equality; each has an index, and so have common pairs (docs/decisions/0024). */
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

/** No event sorts before it among those of one moment. */
const LOWEST_ID = '00000000-0000-0000-0000-000000000000';

/**
 * A position as the index orders them. Each value is a subquery, which the planner does not look into: it takes a position for one of
 * many, and plans the same walk whether it lies at the top of a month or a minute after its start (docs/decisions/0070).
 */
const position = ({ createdAt, id }: Position) => Prisma.sql`((SELECT ${moment(createdAt)}), (SELECT ${id}::uuid))`;

/**
 * Where the walk begins and ends: strictly below the cursor or `to`, whichever is lower, and not below `from`. An end outside of the stretch
 * is left out: each that is told makes the planner expect fewer rows.
 */
function walkConditions({ filters, cursor }: AuditQuery, stretch: Segment): Prisma.Sql[] {
  const { from, to } = filters;
  const top = cursor && !(to && to <= cursor.createdAt) ? cursor : to && { createdAt: to, id: LOWEST_ID };
  const isWithin = (moment: Date) => !(stretch.from && moment < stretch.from) && !(stretch.to && moment >= stretch.to);
  return [
    ...(top && isWithin(top.createdAt) ? [Prisma.sql`("createdAt", "id") < ${position(top)}`] : []),
    ...(from && isWithin(from)
      ? [Prisma.sql`("createdAt", "id") >= ${position({ createdAt: from, id: LOWEST_ID })}`]
      : []),
  ];
}

/**
 * The query of one page within one stretch of time. The ends of the stretch are constants, because they choose the partition. All that varies
 * from page to page is hidden from the planner, the number of rows too: of an unknown number it expects a tenth, so the first rows
 * have to come soon and nothing is sorted.
 * @param more conditions beside the filters.
 */
export function pageSql(
  query: AuditQuery,
  stretch: Segment,
  columns: Prisma.Sql = LISTED,
  more: Prisma.Sql[] = [],
): Prisma.Sql {
  const { from, to } = stretch;
  const conditions = [
    ...filterConditions(query.filters),
    ...more,
    ...(from === undefined ? [] : [Prisma.sql`"createdAt" >= ${moment(from)}`]),
    ...(to === undefined ? [] : [Prisma.sql`"createdAt" < ${moment(to)}`]),
    ...walkConditions(query, stretch),
  ];
  const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
  return Prisma.sql`SELECT ${columns} FROM "AuditEvent" ${where}
    ORDER BY "createdAt" DESC, "id" DESC LIMIT (SELECT ${query.limit}::int)`;
}

/**
 * One page, newest first, without counting. What is written meanwhile stands above the cursor, so no row is repeated or skipped, with one
 * exception: an event has the time at which it was recorded and is seen when its transaction commits. One that commits after the page
 * below it was read is missed by that walk, not by the next.
 */
export async function listAudit(db: Db, query: AuditQuery): Promise<AuditPage> {
  const { filters, limit } = query;
  const events: ListedEvent[] = [];
  for (const segment of segments(await coveredRange(db), query)) {
    // One row more than asked for tells whether there is a next page.
    const missing = limit + 1 - events.length;
    if (missing === 0) break;
    events.push(...(await db.$queryRaw<ListedEvent[]>(pageSql({ ...query, limit: missing }, segment))));
  }
  const page = events.slice(0, limit);
  const last = events.length > limit ? page.at(-1) : undefined;
  return { events: page, nextCursor: last ? encodeCursor(last, filters, env().NEXTAUTH_SECRET) : null };
}
