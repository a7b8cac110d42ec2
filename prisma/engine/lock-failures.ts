import { openClient } from '#lib/db/client.ts';

/**
 * Marks a migration that failed because a lock did not come in time as rolled back, which it is: a script is one transaction. The engine would
 * otherwise refuse every later one until somebody had resolved it by hand.
 */
export async function resolveLockFailures(url: string, caCert: string | undefined): Promise<void> {
  const client = await openClient(url, { caCert });
  try {
    await client.query(`DO $$ BEGIN
      IF to_regclass('"_prisma_migrations"') IS NOT NULL THEN
        UPDATE "_prisma_migrations" SET rolled_back_at = now()
        WHERE finished_at IS NULL AND rolled_back_at IS NULL AND logs LIKE '%55P03%';
      END IF;
    END $$`);
  } finally {
    await client.end();
  }
}
