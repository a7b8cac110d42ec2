import { fromPrisma, PgBoss, systemClock, type Clock, type ConstructorOptions, type Db as QueueDb } from 'pg-boss';
import { poolConfig } from '../db/client.ts';
import { db, type Db, type Tx } from '../db.ts';
import { env } from '../env.ts';
import { log } from '../log.ts';
import { QUEUE_SCHEMA } from '../db/roles/schemas.ts';
import { INGEST_QUEUE, ingestJob, type IngestJob } from './jobs.ts';

/** Neither web nor worker may change the schema: that is the migrate step's, as the owner. */
const RUNTIME = {
  schema: QUEUE_SCHEMA,
  migrate: false,
  createSchema: false,
  schedule: false,
  reindex: false,
  openTelemetry: { enabled: false },
} as const;

/** How often the jobs of a worker that died are looked for, in seconds. */
const SUPERVISE_SECONDS = 5;

/**
 * The worker's end of the queue: a small pool of its own, so that fetching never waits behind the processing.
 * @throws when the schema is missing or of another version.
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

/** Timers that do not keep a process alive: a command that sent its jobs may end. */
const UNHURRIED: Clock = {
  ...systemClock,
  setTimeout: (run, ms) => setTimeout(run, ms).unref(),
  setInterval: (run, ms) => setInterval(run, ms).unref(),
};

// Kept on globalThis, as the database client is: bundles of one server share one producer.
const shared = globalThis as typeof globalThis & { goliveProducers?: WeakMap<Db, Promise<PgBoss>> };

/** The sending end: no pool, no timers that touch the database, no supervision. It borrows the caller's client. */
export function producer(client: Db = db()): Promise<PgBoss> {
  const producers = (shared.goliveProducers ??= new WeakMap());
  let boss = producers.get(client);
  if (boss === undefined) {
    boss = new PgBoss({
      ...RUNTIME,
      db: readingAsJson(client),
      supervise: false,
      registerInstance: false,
      clock: UNHURRIED,
      // The cache holds the settings of queues, which change with a deployment only.
      queueCacheIntervalSeconds: 60 * 60,
    }).start();
    producers.set(client, boss);
    // A start that failed is tried again by the next caller.
    boss.catch(() => producers.delete(client));
  }
  return boss;
}

/**
 * Prisma does not decode all of PostgreSQL's own types (regclass), and JSON carries every one. Only for the queries with which a producer
 * starts; jobs are sent through the transaction they belong to.
 */
const readingAsJson = (client: Db): QueueDb => ({
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
