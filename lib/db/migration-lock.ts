import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';

/** Any fixed number will do, as long as nothing else of ours takes the same lock. */
const LOCK_KEY = 7_305_001;
const POLL_MS = 250;

/**
 * Runs a part of a migration while no other session runs one. Asks again instead of waiting inside the server: a session that waits
 * there holds a snapshot, and CREATE INDEX CONCURRENTLY in the session ahead would wait for that one in turn.
 */
export async function underMigrationLock<T>(client: Client, work: () => Promise<T>): Promise<T> {
  const ask = () => client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK_KEY]);
  while ((await ask()).rows[0]?.taken !== true) await sleep(POLL_MS);
  try {
    return await work();
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}
