import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { describeLockHolders } from './lock-retries.ts';

/** Key of the advisory lock; arbitrary but unique in this application. */
const LOCK_KEY = 7_305_001;
const POLL_MS = 250;
/** Timeout for the lock, in milliseconds; another migration may take minutes. */
const LOCK_TIMEOUT_MS = 600_000;

/**
 * Runs a migration step under an advisory lock. Polls instead of blocking: a session waiting for the lock holds a snapshot, and CREATE
 * INDEX CONCURRENTLY in the other session would wait for it.
 * @param say logs who holds the lock.
 * @throws when the lock is not available within `timeoutMs`, naming the holder.
 */
export async function withMigrationLock<T>(
  client: Client,
  work: () => Promise<T>,
  { log = () => undefined, timeoutMs = LOCK_TIMEOUT_MS }: { log?: (line: string) => void; timeoutMs?: number } = {},
): Promise<T> {
  const tryLock = () => client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK_KEY]);
  const began = performance.now();
  let lastReported = '';
  while ((await tryLock()).rows[0]?.taken !== true) {
    const who = await describeLockHolders(client, LOCK_KEY);
    if (who !== '' && who !== lastReported) log(`waiting for another migration: ${(lastReported = who)}`);
    if (performance.now() - began > timeoutMs)
      throw new Error(
        `the lock of the migrations is held by ${who || lastReported}: if that is no migration, end it with SELECT pg_terminate_backend(PID)`,
      );
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}
