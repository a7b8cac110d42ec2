import type { Job, JobResult } from 'pg-boss';
import type { Db } from '../../db.ts';
import { errorCode } from '../../db/transient.ts';
import { log } from '../../log.ts';
import { ingestJob, type IngestJob } from '../../queue/jobs.ts';
import { processBatches } from './process.ts';

/** Most events in one transaction: a few hundred milliseconds of locks, and of work to repeat after a crash. */
const MAX_EVENTS_AT_ONCE = 5_000;

/**
 * Handles the jobs of one fetch. A batch with bad events becomes a dead letter at once, because retrying cannot help; other errors are
 * thrown, and the queue retries later.
 */
export async function handleIngestJobs(db: Db, jobs: Job<unknown>[]): Promise<JobResult[]> {
  const known: { job: string; data: IngestJob }[] = [];
  const results: JobResult[] = [];
  for (const { id, data } of jobs) {
    const parsed = ingestJob.safeParse(data);
    if (parsed.success) known.push({ job: id, data: parsed.data });
    else results.push({ id, status: 'deadletter', output: { reason: 'unknown job' } });
  }
  for (const group of groupBatches(known.map(({ data }) => data))) await processOrLog(db, group);
  // Read from the database, because a worker may have been killed before this line in an earlier attempt.
  const dead = await deadBatches(
    db,
    known.map(({ data }) => data.batchId),
  );
  for (const { job, data } of known) {
    const isDead = dead.has(data.batchId);
    results.push(
      isDead ? { id: job, status: 'deadletter', output: { reason: 'bad events' } } : { id: job, status: 'completed' },
    );
  }
  return results;
}

/** Logs the failed batches and the cause, without event data. */
async function processOrLog(db: Db, batchIds: string[]): Promise<void> {
  try {
    await processBatches(db, batchIds);
  } catch (error) {
    log.error({ batchIds, cause: errorCode(error) }, 'agent batches failed; the queue retries them');
    throw error;
  }
}

/** Groups consecutive batches up to the limit of events. */
function groupBatches(jobs: IngestJob[]): string[][] {
  const all: string[][] = [];
  let room = 0;
  for (const { batchId, events } of jobs) {
    if (events > room || all.length === 0) {
      all.push([]);
      room = MAX_EVENTS_AT_ONCE;
    }
    all.at(-1)?.push(batchId);
    room -= events;
  }
  return all;
}

async function deadBatches(db: Db, ids: string[]): Promise<Set<string>> {
  const rows = await db.agentBatch.findMany({ where: { id: { in: ids }, state: 'dead' }, select: { id: true } });
  return new Set(rows.map(({ id }) => id));
}
