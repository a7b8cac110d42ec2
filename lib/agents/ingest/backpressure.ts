import type { Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';

/** Events and batches waiting for a worker, counted up to a bound. */
export interface Backlog {
  batches: number;
  events: number;
  /** Age of the oldest waiting batch in milliseconds; 0 when there is none. */
  lagMs: number;
}

/** With batches of 1,000 realistic events this is about 120 MB of payload on disk, and up to a minute of worker time. */
const MAX_EVENTS = 200_000;
const MAX_BATCHES = 10_000;
const RETRY_AFTER_SECONDS = 5;

/** How long a reading is cached; the limits are soft by what arrives meanwhile. */
const CACHE_MS = 250;

/** Reads the current backlog, counting at most MAX_BATCHES batches. */
export async function readBacklog(db: Db): Promise<Backlog> {
  const [row] = await db.$queryRaw<{ batches: number; events: number; lagMs: number }[]>`
    SELECT count(*)::int AS batches, coalesce(sum(accepted), 0)::int AS events,
           coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min("receivedAt")) * 1000), 0)::float8 AS "lagMs"
    FROM (SELECT accepted, "receivedAt" FROM "AgentBatch" WHERE state = 'queued'
          ORDER BY "receivedAt" LIMIT ${MAX_BATCHES}) AS waiting`;
  return row ?? { batches: 0, events: 0, lagMs: 0 };
}

const cachedBacklogs = new WeakMap<Db, { at: number; backlog: Promise<Backlog> }>();

/**
 * Applies back-pressure: rejects requests while the backlog is too large, before a body is read.
 * @returns `unavailable` with `retryAfter` in seconds.
 */
export async function checkBackpressure(db: Db, limit = MAX_EVENTS): Promise<Result<null>> {
  let cached = cachedBacklogs.get(db);
  if (cached === undefined || Date.now() - cached.at > CACHE_MS) {
    cached = { at: Date.now(), backlog: readBacklog(db) };
    cachedBacklogs.set(db, cached);
  }
  const { batches, events } = await cached.backlog;
  if (batches < MAX_BATCHES && events < limit) return ok(null);
  return fail('unavailable', 'Too many events wait to be processed. Try again later.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
