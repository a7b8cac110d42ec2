import { fail, type Result } from '../../errors.ts';

/** Most request bodies in flight per process: at 1 MiB each, and several times that when parsed, this bounds the memory. */
const MAX_IN_FLIGHT = 24;
/** Most bodies in flight per key, so that one slow agent cannot block others. */
const MAX_IN_FLIGHT_PER_KEY = 18;
const RETRY_AFTER_SECONDS = 1;

const inFlightByKey = new Map<string, number>();
let inFlight = 0;

/** Runs work for a key within the concurrency limits. @returns its result, or `unavailable` with `retryAfter` in seconds. */
export async function withConcurrencyLimit<T>(keyId: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
  const own = inFlightByKey.get(keyId) ?? 0;
  if (inFlight >= MAX_IN_FLIGHT || own >= MAX_IN_FLIGHT_PER_KEY)
    return fail('unavailable', 'Too many requests at once.', { retryAfter: RETRY_AFTER_SECONDS });
  count(keyId, 1);
  try {
    return await work();
  } finally {
    count(keyId, -1);
  }
}

/** Counts requests in flight per key. */
function count(keyId: string, change: 1 | -1): void {
  inFlight += change;
  const own = (inFlightByKey.get(keyId) ?? 0) + change;
  if (own === 0) inFlightByKey.delete(keyId);
  else inFlightByKey.set(keyId, own);
}
