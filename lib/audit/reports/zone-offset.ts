import type { Db } from '../../db.ts';
import { SOURCES } from '../events/catalogue.ts';

/** Events whose time is off by a zone: a release that did not pin its sessions wrote them into a database whose zone is not UTC. */
export interface ZoneOffset {
  /** Time of the first and of the last event that was seen so, as they stand in the log. */
  from: Date;
  to: Date;
  /** What must be taken from the times in the log, in minutes. */
  minutes: number;
}

/** Events of each month and source that are looked at, from either end. */
const SAMPLE = 100;

/**
 * Looks for times that a zone has shifted. The id of an event of our own carries the moment it was written, in milliseconds, and went through no
 * zone; agents' events have times of their own and are not looked at. A sample of each month is read by its index.
 */
export async function zoneOffsets(db: Db): Promise<ZoneOffset[]> {
  const sources = SOURCES.filter((source) => source !== 'agent');
  return db.$queryRaw<ZoneOffset[]>`
    WITH bounds AS (SELECT min("createdAt") AS first, max("createdAt") AS last FROM "AuditEvent"),
    months AS (SELECT generate_series(date_trunc('month', first), last, interval '1 month') AS month FROM bounds),
    sample AS (
      SELECT e.* FROM months CROSS JOIN unnest(${sources}::text[]) AS of(source) CROSS JOIN LATERAL (
        (SELECT "createdAt", id FROM "AuditEvent" WHERE "source" = of.source AND "createdAt" >= month AND "createdAt" < month + interval '1 month'
         ORDER BY "createdAt" DESC, id DESC LIMIT ${SAMPLE})
        UNION
        (SELECT "createdAt", id FROM "AuditEvent" WHERE "source" = of.source AND "createdAt" >= month AND "createdAt" < month + interval '1 month'
         ORDER BY "createdAt", id LIMIT ${SAMPLE})) AS e
    ), shifts AS (
      SELECT "createdAt", (extract(epoch FROM "createdAt") * 1000)::bigint
        - ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint AS ms
      FROM sample WHERE substr(id::text, 15, 1) = '7'
    )
    -- The offsets of zones are quarters of an hour, 14 hours at most.
    SELECT min("createdAt") AS "from", max("createdAt") AS "to", (ms / 60000)::int AS minutes FROM shifts
    WHERE ms <> 0 AND ms % 900000 = 0 AND abs(ms) <= 14 * 3600000 GROUP BY ms ORDER BY 1`;
}
