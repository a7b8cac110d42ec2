import type { Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';

/** What waits for a worker. Counted up to a bound: beyond it the answer is the same. */
export interface Backlog {
  batches: number;
  events: number;
  /** Age of the oldest waiting batch in milliseconds; 0 when nothing waits. */
  lagMs: number;
}

/** With batches of 1,000 realistic events this is about 120 MB of payload on disk, and a minute or less of a worker's time. */
const MAX_EVENTS = 200_000;
const MAX_BATCHES = 10_000;
const RETRY_AFTER_SECONDS = 5;

/** A reading is used for this long: the limits are soft by what arrives meanwhile. */
const FRESH_MS = 250;

/** What waits now, by the oldest MAX_BATCHES batches: a longer queue is not counted to its end. */
export async function readBacklog(db: Db): Promise<Backlog> {
  const [row] = await db.$queryRaw<{ batches: number; events: number; lagMs: number }[]>`
    SELECT count(*)::int AS batches, coalesce(sum(accepted), 0)::int AS events,
           coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min("receivedAt")) * 1000), 0)::float8 AS "lagMs"
    FROM (SELECT accepted, "receivedAt" FROM "AgentBatch" WHERE state = 'queued'
          ORDER BY "receivedAt" LIMIT ${MAX_BATCHES}) AS waiting`;
  return row ?? { batches: 0, events: 0, lagMs: 0 };
}

const readings = new WeakMap<Db, { at: number; backlog: Promise<Backlog> }>();

/**
 * Refuses work while the queue is long, before a body is read: a slow worker must cost disk that is bounded, and no memory.
 * @returns `unavailable` with `retryAfter` in seconds.
 */
export async function checkPressure(db: Db, limit = MAX_EVENTS): Promise<Result<null>> {
  let reading = readings.get(db);
  if (reading === undefined || Date.now() - reading.at > FRESH_MS) {
    reading = { at: Date.now(), backlog: readBacklog(db) };
    readings.set(db, reading);
  }
  const { batches, events } = await reading.backlog;
  if (batches < MAX_BATCHES && events < limit) return ok(null);
  return fail('unavailable', 'Too many events wait to be processed. Try again later.', {
    retryAfter: RETRY_AFTER_SECONDS,
  });
}
