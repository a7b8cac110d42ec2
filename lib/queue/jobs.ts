import type { Queue } from 'pg-boss';
import { z } from 'zod';
import type { Db } from '../db.ts';
import { QUEUE_SCHEMA } from '../db/roles/grants.ts';

/** Queue names, settings and job payloads. Queues are created by the migration; the app role needs no DDL. */

export const INGEST_QUEUE = 'agent-ingest';
export const INGEST_DEAD_LETTERS = 'agent-ingest-dead';

/** A job refers to its batch and its size; the events stay in the batch row. */
export const ingestJob = z.strictObject({ batchId: z.uuid(), events: z.int().min(1) });
export type IngestJob = z.output<typeof ingestJob>;

const DAY = 24 * 60 * 60;

/** In order of creation: a dead-letter queue comes before the queue that uses it. */
export const QUEUE_SETTINGS: readonly Queue[] = [
  // Dead letters wait for a person: a year is "until somebody looks".
  { name: INGEST_DEAD_LETTERS, retentionSeconds: 365 * DAY, retryLimit: 0 },
  {
    name: INGEST_QUEUE,
    deadLetter: INGEST_DEAD_LETTERS,
    // Jobs are idempotent, and a killed worker counts as one attempt: many attempts, about 20 minutes in all.
    retryLimit: 40,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 30,
    // pg-boss's minimum: after this, jobs of a killed worker are retried.
    heartbeatSeconds: 10,
    expireInSeconds: 300,
    retentionSeconds: 30 * DAY,
    deleteAfterSeconds: 60 * 60,
  },
];

/** How long the oldest runnable job has waited for a worker, in seconds; 0 when there is none. Jobs scheduled for a later retry do not count. */
export async function oldestJobWaitSeconds(db: Db): Promise<number> {
  const [row] = await db.$queryRawUnsafe<{ seconds: number | null }[]>(
    `SELECT extract(epoch FROM now() - min(start_after))::float8 AS seconds FROM ${QUEUE_SCHEMA}.job
     WHERE name = $1 AND state < 'active' AND start_after <= now()`,
    INGEST_QUEUE,
  );
  return row?.seconds ?? 0;
}
