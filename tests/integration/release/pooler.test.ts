import { spawn, type ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDb } from '#lib/db.ts';
import { freePort } from '../../../scripts/support/postgres.ts';
import { serverUser } from '../../../scripts/support/postgres-files.ts';
import { haveTool } from '../../support/unchecked.ts';
import { until } from '../../support/worker.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

/** pgbouncer in session mode stands for the session pooler of Supabase. */
const pgbouncer = haveTool('pgbouncer', 'the app and its migrations work through a session pooler');
let server: ReleaseCluster;
let dir: string;
let pooler: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  server = await releaseCluster();
  await server.create('pooled');
  dir = await scratch('pooler');
  if (!pgbouncer) return;
  port = await freePort();
  await writeFile(join(dir, 'users.txt'), '"golive_owner" "p%w"\n"golive_app" "p%w"\n');
  await writeFile(
    join(dir, 'pgbouncer.ini'),
    `[databases]
* = host=127.0.0.1 port=${server.cluster.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(dir, 'users.txt')}
pool_mode = session
default_pool_size = 3
`,
  );
  pooler = spawn('pgbouncer', [join(dir, 'pgbouncer.ini')], { stdio: 'ignore', ...serverUser() });
  await until(reachable);
});

afterAll(async () => {
  pooler?.kill('SIGINT');
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

const pooled = (url: string) => {
  const parsed = new URL(url);
  parsed.port = String(port);
  return parsed.href;
};

async function reachable(): Promise<boolean> {
  const client = new pg.Client({ connectionString: pooled(server.app('pooled')) });
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

test.runIf(pgbouncer)('migrations apply through a session pooler, twice at once as well', async () => {
  const plain = migrateEnvironment(server, 'pooled');
  const environment = {
    DATABASE_URL: pooled(plain.DATABASE_URL),
    MIGRATE_DATABASE_URL: pooled(plain.MIGRATE_DATABASE_URL),
  };
  const both = await Promise.all([1, 2].map(() => run('npm', ['run', 'db:migrate:prod'], environment)));
  for (const { code, out } of both) expect(code, out).toBe(0);
});

test.runIf(pgbouncer)(
  'the app reads and writes through it, also with more requests than the pooler has connections',
  async () => {
    const db = openDb(pooled(server.app('pooled')), { max: 3 });
    const counts = await Promise.all(Array.from({ length: 20 }, () => db.$transaction((tx) => tx.user.count())));
    expect(new Set(counts)).toEqual(new Set([0]));
    const [row] = await db.$queryRaw<{ statement_timeout: string }[]>`SHOW statement_timeout`;
    expect(row?.statement_timeout).toBe('10s');
    await db.$disconnect();
  },
);
