import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { holdersOf } from './lock-retries.ts';

/** Any fixed number will do, as long as nothing else of ours takes the same lock. */
const LOCK_KEY = 7_305_001;
const POLL_MS = 250;
/** Another migration may well take minutes; anybody else who holds the lock would hold it for ever. In milliseconds. */
const PATIENCE_MS = 600_000;

/**
 * Runs a part of a migration while no other session runs one. Asks again instead of waiting inside the server: a session that waits
 * there holds a snapshot, and CREATE INDEX CONCURRENTLY in the session ahead would wait for that one in turn.
 * @param say takes a line about who is waited for.
 * @throws when the lock did not come within `patienceMs`, naming who holds it.
 */
export async function underMigrationLock<T>(
  client: Client,
  work: () => Promise<T>,
  { say = () => undefined, patienceMs = PATIENCE_MS }: { say?: (line: string) => void; patienceMs?: number } = {},
): Promise<T> {
  const ask = () => client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK_KEY]);
  const began = performance.now();
  let told = '';
  while ((await ask()).rows[0]?.taken !== true) {
    const who = await holdersOf(client, LOCK_KEY);
    if (who !== '' && who !== told) say(`waiting for another migration: ${(told = who)}`);
    if (performance.now() - began > patienceMs)
      throw new Error(
        `the lock of the migrations is held by ${who || told}: if that is no migration, end it with SELECT pg_terminate_backend(PID)`,
      );
    await sleep(POLL_MS);
  }
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}
