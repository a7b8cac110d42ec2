import { Prisma, type Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { Caller } from '../keys.ts';

/** Burst size in seconds of the rate, and at least one full batch. */
const BURST_SECONDS = 10;
const MIN_BURST = 1000;

/** Capacity of the token bucket in events. */
export const burstOf = (eventsPerSecond: number): number => Math.max(MIN_BURST, eventsPerSecond * BURST_SECONDS);

/**
 * Takes `cost` tokens from the key's bucket and updates its usage. The bucket is a row shared by all web processes; the statement runs
 * outside a transaction, so that its lock is held briefly.
 * @returns `rate_limited` with `retryAfter` in seconds when the bucket holds less than the cost.
 */
export async function consumeTokens(db: Db, { keyId, eventsPerSecond }: Caller, cost: number): Promise<Result<null>> {
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
