import { fromPrisma, PgBoss, systemClock, type Clock, type ConstructorOptions, type Db as QueueDb } from 'pg-boss';
import { poolConfig } from '../db/client.ts';
import { db, type Db, type Tx } from '../db.ts';
import { env } from '../env.ts';
import { log } from '../log.ts';
import { QUEUE_SCHEMA } from '../db/roles/grants.ts';
import { INGEST_QUEUE, ingestJob, type IngestJob } from './jobs.ts';

/** Web and worker never change the schema; migrations do, as the owner. */
const RUNTIME = {
  schema: QUEUE_SCHEMA,
  migrate: false,
  createSchema: false,
  schedule: false,
  reindex: false,
  openTelemetry: { enabled: false },
} as const;

/** Interval of detecting jobs of dead workers, in seconds. */
const SUPERVISE_SECONDS = 5;

/**
 * Opens the worker's queue client with its own small pool, so that fetching does not wait for processing.
 * @throws when the schema is missing or has another version.
 */
export async function openConsumer(): Promise<PgBoss> {
  const { DATABASE_URL, DATABASE_CA_CERT } = env();
  const boss = new PgBoss({
    ...RUNTIME,
    ...(poolConfig(DATABASE_URL, {
      caCert: DATABASE_CA_CERT,
      max: 3,
      application_name: 'golive-queue',
      connectionTimeoutMillis: 5_000,
    }) as ConstructorOptions),
    supervise: true,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    instanceName: 'worker',
  });
  boss.on('error', (error) => log.error({ err: error }, 'queue error'));
  boss.on('warning', ({ message }) => log.warn({ warning: message }, 'queue warning'));
  await boss.start();
  return boss;
}

/** Timers that do not keep the process alive. */
const UNREF_CLOCK: Clock = {
  ...systemClock,
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  setInterval: (run, ms) => setInterval(run, ms).unref(),
};

// On globalThis, like the database client: bundles of one server share one producer.
const shared = globalThis as typeof globalThis & { goliveProducers?: WeakMap<Db, Promise<PgBoss>> };

/** The queue's producer: without pool, database timers or supervision; uses the caller's client. */
export function queueProducer(client: Db = db()): Promise<PgBoss> {
  const producers = (shared.goliveProducers ??= new WeakMap());
  let boss = producers.get(client);
  if (boss === undefined) {
    boss = new PgBoss({
      ...RUNTIME,
      db: queryAsJson(client),
      supervise: false,
      registerInstance: false,
      clock: UNREF_CLOCK,
      // The cache holds the settings of queues, which change with a deployment only.
      queueCacheIntervalSeconds: 60 * 60,
    }).start();
    producers.set(client, boss);
    // A failed start is retried by the next caller.
    boss.catch(() => producers.delete(client));
  }
  return boss;
}

/**
 * Runs queries with JSON results, because Prisma does not decode all PostgreSQL types (regclass). Only used when a producer starts; jobs
 * are sent within a transaction.
 */
const queryAsJson = (client: Db): QueueDb => ({
  async executeSql(text, values = []) {
    const read = `SELECT to_jsonb(found) AS row FROM (${text}) AS found`;
    const rows = await client.$queryRawUnsafe<{ row: unknown }[]>(read, ...values);
    return { rows: rows.map(({ row }) => row) };
  },
});

/** Enqueues in the caller's transaction: the job exists exactly when the batch does. */
export async function enqueueIngest(boss: PgBoss, tx: Tx, job: IngestJob): Promise<void> {
  await boss.send(INGEST_QUEUE, ingestJob.parse(job), { db: fromPrisma(tx) });
}
