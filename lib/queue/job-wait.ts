import type { Db } from '../db.ts';
import { QUEUE_SCHEMA } from '../db/roles/schemas.ts';
import { INGEST_QUEUE } from './jobs.ts';

/** How long the oldest runnable job has waited for a worker, in seconds; 0 when there is none. Jobs scheduled for a later retry do not count. */
export async function oldestJobWaitSeconds(db: Db): Promise<number> {
  const [row] = await db.$queryRawUnsafe<{ seconds: number | null }[]>(
    `SELECT extract(epoch FROM now() - min(start_after))::float8 AS seconds FROM ${QUEUE_SCHEMA}.job
     WHERE name = $1 AND state < 'active' AND start_after <= now()`,
    INGEST_QUEUE,
  );
  return row?.seconds ?? 0;
}
