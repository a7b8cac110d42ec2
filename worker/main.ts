/** The worker process: wires the queue consumer and the maintenance loops; the work is in lib. */
import type { Server } from 'node:http';
import type { PgBoss } from 'pg-boss';
import { handleIngestJobs } from '#lib/agents/processing/job.ts';
import { createTableCleanup } from '#lib/agents/processing/cleanup.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { configuredSink, stream } from '#lib/audit/stream/stream.ts';
import { db } from '#lib/db.ts';
import { pendingMigrations } from '#lib/db/migrations/pending.ts';
import { env, EnvError } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { INGEST_QUEUE, oldestJobWaitSeconds } from '#lib/queue/jobs.ts';
import { TIMING } from '#lib/release/contract.ts';
import { serveHealth } from './health.ts';
import { repeat, type Loop } from './loops.ts';
import { logSignals } from './signals.ts';
import { openWhenMigrated } from './start.ts';
import { newStatus, type Status } from './status.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

async function main() {
  const status = newStatus();
  const stopping = stopSignal();
  const health = await serveHealth({ port: env().WORKER_PORT, host: env().WORKER_HOST }, status);
  log.info({ port: env().WORKER_PORT }, 'worker starts');
  const boss = await openWhenMigrated(() => pendingMigrations(db()), TIMING.workerWaitsForMigrations, stopping);
  await subscribe(boss, status);
  const loops = startLoops(status, stopping);
  status.subscribed = true;
  log.info('worker takes jobs');
  await aborted(stopping);
  await shutDown(boss, loops, health, status);
}

/** Two concurrent consumers: while one waits for the database, the other uses the CPU. */
async function subscribe(boss: PgBoss, status: Status): Promise<void> {
  const options = {
    batchSize: 20,
    localConcurrency: 2,
    pollingIntervalSeconds: 0.5,
    burstWhenBatchFull: true,
  } as const;
  await boss.work(INGEST_QUEUE, { ...options, perJobResults: true }, (jobs) => {
    status.pickedUpAt = Date.now();
    return handleIngestJobs(db(), jobs);
  });
}

function startLoops(status: Status, stopping: AbortSignal): Loop[] {
  return [
    repeat('seal', SECOND_MS, () => seal(db(), { signal: stopping })),
    ...streamLoop(stopping),
    repeat('watch', 5 * SECOND_MS, async () => {
      status.waitSeconds = await oldestJobWaitSeconds(db());
      status.databaseAt = Date.now();
    }),
    repeat('signals', MINUTE_MS, () => logSignals(db())),
    repeat('agent tables', MINUTE_MS, createTableCleanup(db())),
    repeat('partitions', 60 * MINUTE_MS, () => ensurePartitions(db())),
  ];
}

/** Streams new events to the configured webhook, if any. */
function streamLoop(stopping: AbortSignal): Loop[] {
  const sink = configuredSink();
  return sink === null ? [] : [repeat('stream', SECOND_MS, () => stream(db(), sink, stopping))];
}

/** Graceful shutdown: stop intake, finish running work, then close resources. */
async function shutDown(boss: PgBoss, loops: Loop[], health: Server, status: Status): Promise<void> {
  log.info('worker drains');
  status.subscribed = false;
  const overdue = setTimeout(
    () => {
      log.error('worker did not drain in time; its jobs will be retried by another worker');
      process.exit(1);
    },
    (TIMING.stop - 5) * SECOND_MS,
  );
  overdue.unref();
  await boss.stop({ graceful: true, timeout: TIMING.drain * SECOND_MS });
  await Promise.all(loops.map((loop) => loop.stop()));
  await db().$disconnect();
  health.close();
  health.closeAllConnections();
  log.info('worker stopped');
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  // Not `once`: npm forwards signals that the process group already got, and a second signal must not interrupt the shutdown.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) =>
    signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true }),
  );

try {
  await main();
} catch (error) {
  const stopped = error instanceof DOMException && error.name === 'AbortError';
  if (!stopped) log.fatal(error instanceof EnvError ? { reason: error.message } : { err: error }, 'worker cannot run');
  process.exit(stopped ? 0 : 1);
}
