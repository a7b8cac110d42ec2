import type { PgBoss } from 'pg-boss';
import { log } from '#lib/log.ts';
import { openConsumer } from '#lib/queue/boss.ts';
import { pause } from './loops.ts';

const LOOK_EVERY_MS = 1_000;

/**
 * Waits until the database answers and holds every migration that this release brings, then opens the queue. A worker that starts beside a
 * running migrate step must not touch a schema that it does not know.
 * @param pending names what is missing; throws while the database is away.
 * @throws when that has not happened within `limitSeconds`, or when the signal aborts.
 */
export async function openWhenMigrated(
  pending: () => Promise<string[]>,
  limitSeconds: number,
  signal: AbortSignal,
): Promise<PgBoss> {
  const deadline = Date.now() + limitSeconds * 1000;
  let said = '';
  for (;;) {
    const reason = await obstacle(pending);
    if (typeof reason !== 'string') return reason;
    if (reason !== said) log.info({ reason }, 'waiting');
    said = reason;
    if (Date.now() > deadline) throw new Error(`not ready after ${limitSeconds} s: ${reason}`);
    await pause(LOOK_EVERY_MS, signal);
    signal.throwIfAborted();
  }
}

/** The opened queue, or why not yet. */
async function obstacle(pending: () => Promise<string[]>): Promise<PgBoss | string> {
  try {
    const [first] = await pending();
    return first === undefined ? await openConsumer() : `migration ${first} is not applied`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
