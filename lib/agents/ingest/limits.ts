import { Prisma, type Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { Caller } from '../keys.ts';

/** A key may report this many seconds' worth of its rate at once, and never less than one full batch. */
const BURST_SECONDS = 10;
const LEAST_BURST = 1000;

/** Events that a full bucket holds: what a key may report at once after a rest. */
export const burstOf = (eventsPerSecond: number): number => Math.max(LEAST_BURST, eventsPerSecond * BURST_SECONDS);

/**
 * Takes `cost` events from the key's token bucket and notes its use. The bucket is a row, so that every web process counts into the
 * same one; the statement stands alone, so that its lock is held for no longer than itself.
 * @returns `rate_limited` with `retryAfter` in seconds when the bucket holds less than the cost.
 */
export async function charge(db: Db, { keyId, eventsPerSecond }: Caller, cost: number): Promise<Result<null>> {
  const available = Prisma.sql`least(${burstOf(eventsPerSecond)}::float8,
    tokens + greatest(0, extract(epoch FROM clock_timestamp() - "refilledAt")) * ${eventsPerSecond}::float8)`;
  const taken = await db.$executeRaw`
    UPDATE "AgentKey"
    SET tokens = ${available} - ${cost}::float8, "refilledAt" = clock_timestamp(), "lastUsedAt" = clock_timestamp(),
        requests = requests + 1, events = events + ${cost}::bigint
    WHERE id = ${keyId}::uuid AND ${available} >= ${cost}::float8`;
  if (taken === 1) return ok(null);
  const [row] = await db.$queryRaw<{ available: number }[]>`
    SELECT ${available} AS available FROM "AgentKey" WHERE id = ${keyId}::uuid`;
  const retryAfter = Math.max(1, Math.ceil((cost - (row?.available ?? 0)) / eventsPerSecond));
  return fail('rate_limited', `This key may report ${eventsPerSecond} events a second. Try again later.`, {
    retryAfter,
  });
}
