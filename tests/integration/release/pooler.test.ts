import { spawn, type ChildProcess } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { prune } from '#lib/audit/retention/prune.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openClient } from '#lib/db/client.ts';
import { openDb } from '#lib/db.ts';
import { sharedSessionFault } from '#lib/db/sessions/shared.ts';
import { runCheck } from '#lib/release/preflight/check.ts';
import { database as databaseCheck } from '#lib/release/preflight/database.ts';
import { freePort } from '../../support/postgres/postgres.ts';
import { serverUser } from '../../support/postgres/postgres-files.ts';
import { haveTool } from '../../support/required-tools.ts';
import { until } from '../../support/worker.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from './release-cluster.ts';

/**
 * pgbouncer in session mode stands for the session pooler of Supabase; through the names `by_transaction` and `single`, which has one session
 * of the server for everybody, it gives each transaction another session.
 */
const pgbouncer = haveTool('pgbouncer', 'the app and its migrations work through a session pooler');
let server: ReleaseCluster;
let dir: string;
let pooler: ChildProcess | undefined;
let port: number;

beforeAll(async () => {
  server = await releaseCluster();
  await server.create('pooled');
  await server.create('never');
  dir = await scratch('pooler');
  if (!pgbouncer) return;
  port = await freePort();
  await writeFile(join(dir, 'users.txt'), '"golive_owner" "p%w"\n"golive_app" "p%w"\n');
  await writeFile(
    join(dir, 'pgbouncer.ini'),
    `[databases]
by_transaction = host=127.0.0.1 port=${server.cluster.port} dbname=pooled pool_mode=transaction pool_size=4
single = host=127.0.0.1 port=${server.cluster.port} dbname=never pool_mode=transaction pool_size=1
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

test.runIf(pgbouncer)(
  'a pooler that gives each transaction another session is recognised by what it does',
  async () => {
    expect(await sharedSessionFault(server.owner('pooled'))).toBeUndefined();
    expect(await sharedSessionFault(pooled(server.owner('pooled')))).toBeUndefined();
    expect(await sharedSessionFault(pooled(server.owner('by_transaction')))).toMatch(/another session of the server/);
    expect(await sharedSessionFault(pooled(server.owner('single')))).toMatch(/another session of the server/);
  },
);

test.runIf(pgbouncer)('migrations through it are refused before they take a lock or make a table', async () => {
  const environment = {
    DATABASE_URL: pooled(server.app('single')),
    MIGRATE_DATABASE_URL: pooled(server.owner('single')),
  };
  for (const command of ['db:migrate:prod', 'db:pg:migrate']) {
    const { code, out } = await run('npm', ['run', command], environment);
    expect(code, out).toBe(1);
    expect(out).toMatch(/MIGRATE_DATABASE_URL leads through something that gives each transaction another session/);
  }
  const client = await openClient(server.owner('never'));
  const { rows } =
    await client.query(`SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS made,
    (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks`);
  await client.end();
  expect(rows).toEqual([{ made: '0', locks: '0' }]);
});

test.runIf(pgbouncer)('db:status names it, and so does the preflight', async () => {
  const environment = {
    DATABASE_URL: pooled(server.app('by_transaction')),
    MIGRATE_DATABASE_URL: server.owner('pooled'),
  };
  const { code, out } = await run('npm', ['run', '--silent', 'db:status'], environment);
  expect(code, out).toBe(1);
  expect(out).toMatch(/SESSION DATABASE_URL: leads through something that gives each transaction another session/);
  const status = (name: string, args: string[]) =>
    run(name, args, environment).then(({ code, out: output }) => ({ code: code ?? 1, output }));
  const verdict = await runCheck(databaseCheck, {
    root: process.cwd(),
    env: environment,
    firstDeployment: false,
    run: status,
  });
  expect(verdict).toMatchObject({ light: 'red' });
  expect(JSON.stringify(verdict.findings)).toMatch(/session: DATABASE_URL leads through/);
});

test.runIf(pgbouncer)('two prunes through it exclude each other, and leave no lock behind', async () => {
  const options = { policy: { days: 365, longer: [] }, key: signingKey({ NEXTAUTH_SECRET: 'x'.repeat(40) }) };
  await using db = { client: openDb(server.app('pooled')), [Symbol.asyncDispose]: () => db.client.$disconnect() };
  const through = () => openClient(pooled(server.app('by_transaction')));
  const [one, other] = await Promise.all([through(), through()]);
  const direct = await openClient(server.owner('pooled'));
  try {
    const meanwhile: boolean[] = [];
    const slow = {
      query: async (sql: string, values?: unknown[]) => {
        // At the end of the first prune, with everything done but its lock still held, comes the second one.
        if (sql === 'ROLLBACK') meanwhile.push((await prune(db.client, other, options)).busy);
        return one.query(sql, values);
      },
    } as unknown as pg.ClientBase;
    expect(await prune(db.client, slow, options)).toMatchObject({ busy: false });
    expect(meanwhile).toEqual([true]);
    const { rows } = await direct.query(`SELECT FROM pg_locks WHERE locktype = 'advisory'`);
    expect(rows).toEqual([]);
    expect(await prune(db.client, other, options)).toMatchObject({ busy: false });
  } finally {
    await Promise.all([one, other, direct].map((client) => client.end()));
  }
});
