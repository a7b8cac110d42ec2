import type { Job, JobResult } from 'pg-boss';
import type { Db } from '../../db.ts';
import { errorCode } from '../../db/transient.ts';
import { log } from '../../log.ts';
import { ingestJob, type IngestJob } from '../../queue/jobs.ts';
import { processBatches } from './process.ts';

/** Events in one transaction, at most: some hundred milliseconds of locks, and as much to repeat after a crash. */
const MAX_EVENTS_AT_ONCE = 5_000;

/**
 * Handles the jobs that one fetch brought. A batch that keeps bad events goes to the dead letters at once, as trying again cannot help it;
 * anything else that fails is thrown, and the queue tries again later.
 */
export async function handleIngestJobs(db: Db, jobs: Job<unknown>[]): Promise<JobResult[]> {
  const known: { job: string; data: IngestJob }[] = [];
  const results: JobResult[] = [];
  for (const { id, data } of jobs) {
    const parsed = ingestJob.safeParse(data);
    if (parsed.success) known.push({ job: id, data: parsed.data });
    else results.push({ id, status: 'deadletter', output: { reason: 'unknown job' } });
  }
  for (const group of groups(known.map(({ data }) => data))) await processOrLog(db, group);
  // Asked of the database and not of this run: a worker killed just before this line leaves the answer to the next one.
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

/** The queue keeps the error of a failed job where nobody looks: one line names the batches and the cause, and nothing of their events. */
async function processOrLog(db: Db, batchIds: string[]): Promise<void> {
  try {
    await processBatches(db, batchIds);
  } catch (error) {
    log.error({ batchIds, cause: errorCode(error) }, 'agent batches were not processed; the queue tries again');
    throw error;
  }
}

/** Neighbouring batches together, as long as they stay small enough. */
function groups(jobs: IngestJob[]): string[][] {
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
