import { fail, type Result } from '../../errors.ts';

/** Bodies in flight in this process: at 1 MiB each, and a few times that once parsed, this bounds its memory. */
const MAX_IN_FLIGHT = 24;
/** One key may hold three quarters of them: an agent that opens many requests and sends slowly keeps nobody else out. */
const MAX_OF_ONE_KEY = 18;
const RETRY_AFTER_SECONDS = 1;

const held = new Map<string, number>();
let inFlight = 0;

/** Does some work for a key unless too much is under way. @returns what it returns, or `unavailable` with `retryAfter` in seconds. */
export async function inTurn<T>(keyId: string, work: () => Promise<Result<T>>): Promise<Result<T>> {
  const own = held.get(keyId) ?? 0;
  if (inFlight >= MAX_IN_FLIGHT || own >= MAX_OF_ONE_KEY)
    return fail('unavailable', 'Too many requests at once.', { retryAfter: RETRY_AFTER_SECONDS });
  count(keyId, 1);
  try {
    return await work();
  } finally {
    count(keyId, -1);
  }
}

/** A key that holds nothing is forgotten. */
function count(keyId: string, change: 1 | -1): void {
  inFlight += change;
  const own = (held.get(keyId) ?? 0) + change;
  if (own === 0) held.delete(keyId);
  else held.set(keyId, own);
}
