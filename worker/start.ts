import type { PgBoss } from 'pg-boss';
import { log } from '#lib/log.ts';
import { openConsumer } from '#lib/queue/boss.ts';
import { pause } from './loops.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Waits until the database responds and all migrations of this release are applied, then opens the queue.
 * @param pending lists missing migrations; throws while the database is unavailable.
 * @throws when that has not happened within `limitSeconds`, or when the signal aborts.
 */
export async function openWhenMigrated(
  pending: () => Promise<string[]>,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<PgBoss> {
  const deadline = Date.now() + limitSeconds * 1000;
  let lastLogged = '';
  for (;;) {
    const reason = await openQueueOrReason(pending);
    if (typeof reason !== 'string') return reason;
    if (reason !== lastLogged) log.info({ reason }, 'waiting');
    lastLogged = reason;
    if (Date.now() > deadline) throw new Error(`not ready after ${limitSeconds} s: ${reason}`);
    await pause(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** The opened queue, or the reason for waiting. */
async function openQueueOrReason(pending: () => Promise<string[]>): Promise<PgBoss | string> {
  try {
    const [first] = await pending();
    return first === undefined ? await openConsumer() : `migration ${first} is not applied`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
