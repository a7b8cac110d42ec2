import type { Db } from '../../db.ts';
import { SOURCES } from '../events/catalogue.ts';

/** Events whose time is off by a time zone: written by an old release into a database whose zone is not UTC. */
export interface ZoneOffset {
  /** Stored times of the first and the last event found. */
  from: Date;
  to: Date;
  /** Offset to subtract from the stored times, in minutes. */
  minutes: number;
}

/** Sampled events per month and source, from either end. */
const SAMPLE = 100;

/**
 * Detects times shifted by a time zone. The UUIDv7 id of our own events has the correct time; agents' events are not checked. A sample of
 * each month is read by index.
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
