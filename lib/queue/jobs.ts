import type { Queue } from 'pg-boss';
import { z } from 'zod';

/** Every queue with its settings and the shape of its jobs. Created by the migrate step; the app role never needs DDL. */

export const INGEST_QUEUE = 'agent-ingest';
export const INGEST_DEAD_LETTERS = 'agent-ingest-dead';

/** A job names its batch and how large it is; the events stay in one place, and a job can be repeated. */
export const ingestJob = z.strictObject({ batchId: z.uuid(), events: z.int().min(1) });
export type IngestJob = z.output<typeof ingestJob>;

const DAY = 24 * 60 * 60;

/** In the order in which they are made: a dead-letter queue stands before the queue that names it. */
export const QUEUE_SETTINGS: readonly Queue[] = [
  // Dead letters wait for a person: a year is "until somebody looks".
  { name: INGEST_DEAD_LETTERS, retentionSeconds: 365 * DAY, retryLimit: 0 },
  {
    name: INGEST_QUEUE,
    deadLetter: INGEST_DEAD_LETTERS,
    // Repeating is harmless, and a job that a killed worker held counts as one try: many tries, about 20 minutes in all.
    retryLimit: 40,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 30,
    // The least pg-boss allows: how long the jobs of a killed worker wait for another one.
    heartbeatSeconds: 10,
    expireInSeconds: 300,
    retentionSeconds: 30 * DAY,
    deleteAfterSeconds: 60 * 60,
  },
];
