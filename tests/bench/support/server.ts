import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { execute, startCluster } from '../../support/postgres/postgres.ts';

/** A migrated database to measure on. */
export interface BenchDatabase extends AsyncDisposable {
  /** As the owner of the tables. */
  url: string;
  /** As the app role, where there is one. */
  appUrl: string;
}

/** Only what a rented server of this size would set too: durable, with room for the log in memory. */
const SETTINGS = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  checkpoint_timeout: '30min',
  maintenance_work_mem: '512MB',
  max_connections: '60',
};

const SECRET = 'bench-only-bench-only-bench-only-bench';

/** Opens `BENCH_DATABASE_URL`, or starts an embedded server that is gone afterwards. */
export async function benchDatabase(): Promise<BenchDatabase> {
  process.env.NEXTAUTH_SECRET ??= SECRET;
  process.env.LOG_LEVEL ??= 'error';
  const given = process.env.BENCH_DATABASE_URL;
  if (given !== undefined) {
    process.env.DATABASE_URL = given;
    return { url: given, appUrl: given, [Symbol.asyncDispose]: () => Promise.resolve() };
  }
  const dir = await mkdtemp(join(tmpdir(), 'golive-bench-'));
  await chmod(dir, 0o755);
  const cluster = await startCluster({ dir: join(dir, 'data'), temporary: true, settings: SETTINGS });
  const stop = async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => void stop().then(() => process.exit(130)));
  const as = (role: string) => cluster.url('bench').replace(/\/\/[^@]+@/, `//${role}:bench@`);
  await execute(
    cluster.url(),
    `CREATE ROLE bench_owner LOGIN SUPERUSER PASSWORD 'bench'`,
    `CREATE ROLE bench_app LOGIN PASSWORD 'bench'`,
    'CREATE DATABASE bench OWNER bench_owner',
  );
  process.env.DATABASE_URL = as('bench_app');
  progress('migrating');
  await promisify(execFile)('npm', ['run', 'db:migrate:prod'], {
    env: { ...process.env, MIGRATE_DATABASE_URL: as('bench_owner') },
  });
  return { url: as('bench_owner'), appUrl: as('bench_app'), [Symbol.asyncDispose]: stop };
}

/** People watch stderr; stdout is for the result. */
export function progress(message: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${message}\n`);
}

/** Runs a function with a plain connection. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
