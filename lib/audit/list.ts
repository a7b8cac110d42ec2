import { Prisma, type Db } from '../db.ts';
import { env } from '../env.ts';
import type { Outcome, Source } from './catalogue.ts';
import { coveredRange, segments, type Segment } from './coverage.ts';
import { encodeCursor } from './cursor.ts';
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

/** An address names a person; an agent's `<agent>:<id>` is an id, whatever the agent calls its own. */
const isLabel = (actor: string) => actor.includes('@') && !actor.includes(':');

/** The conditions of the filters alone. */
export function filterConditions(filters: AuditFilters): Prisma.Sql[] {
  const { action, actor, target, outcome, source, from, to, requestId } = filters;
  return [
    action === undefined ? [] : [Prisma.sql`"action" = ${action}`],
    actor === undefined
      ? []
      : [isLabel(actor) ? Prisma.sql`"actorLabel" = ${actor}` : Prisma.sql`"actorId" = ${actor}`],
    target === undefined ? [] : [Prisma.sql`"targetId" = ${target}`],
    outcome === undefined ? [] : [Prisma.sql`"outcome" = ${outcome}`],
    source === undefined ? [] : [Prisma.sql`"source" = ${source}`],
    requestId === undefined ? [] : [Prisma.sql`"requestId" = ${requestId}`],
    from === undefined ? [] : [Prisma.sql`"createdAt" >= ${moment(from)}`],
    to === undefined ? [] : [Prisma.sql`"createdAt" < ${moment(to)}`],
  ].flat();
}

/**
 * The query of one page within one stretch of time. The row value comparison lets the index start at the cursor; the plain bound
 * beside it says the same once more for partition pruning, which does not look into row values.
 * @param more conditions beside the filters.
 */
export function pageSql(
  { filters, cursor, limit }: AuditQuery,
  { from, to }: Segment,
  columns: Prisma.Sql = LISTED,
  more: Prisma.Sql[] = [],
): Prisma.Sql {
  const conditions = [
    ...filterConditions(filters),
    ...more,
    ...(from === undefined ? [] : [Prisma.sql`"createdAt" >= ${moment(from)}`]),
    ...(to === undefined ? [] : [Prisma.sql`"createdAt" < ${moment(to)}`]),
    ...(cursor === undefined
      ? []
      : [
          Prisma.sql`"createdAt" <= ${moment(cursor.createdAt)}`,
          Prisma.sql`("createdAt", "id") < (${moment(cursor.createdAt)}, ${cursor.id}::uuid)`,
        ]),
  ];
  const where = conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(conditions, ' AND ')}`;
  return Prisma.sql`SELECT ${columns} FROM "AuditEvent" ${where} ORDER BY "createdAt" DESC, "id" DESC LIMIT ${limit}`;
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
