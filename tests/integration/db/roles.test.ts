import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { execute } from '../../../scripts/support/postgres.ts';

const run = promisify(execFile);
const id = randomBytes(4).toString('hex');
const [database, owner, app, web, worker] = ['d', 'owner', 'app', 'web', 'worker'].map(
  (name) => `roles_${name}_${id}`,
) as [string, string, string, string, string];
const as = (user: string, password: string) =>
  inject('clusterUrl')
    .replace('{database}', database)
    .replace(/\/\/[^@]+@/, `//${user}:${password}@`);
const superuser = () => inject('clusterUrl').replace('{database}', 'postgres');

const migrate = (webPassword = 'web-1', workerPassword = 'worker-1') =>
  run('npm', ['run', 'db:migrate:prod'], {
    env: {
      ...process.env,
      MIGRATE_DATABASE_URL: as(owner, 'owner-1'),
      DATABASE_URL: as(web, webPassword),
      WORKER_DATABASE_URL: as(worker, workerPassword),
      DATABASE_APP_ROLE: app,
    },
  });

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

beforeAll(async () => {
  await execute(
    superuser(),
    `CREATE ROLE ${owner} LOGIN CREATEROLE PASSWORD 'owner-1'`,
    `CREATE DATABASE ${database} OWNER ${owner}`,
  );
});

afterAll(async () => {
  await execute(
    superuser(),
    `DROP DATABASE ${database} WITH (FORCE)`,
    `DROP ROLE IF EXISTS ${[web, worker, app, owner].join(', ')}`,
  );
});

test('on an empty database the migrate task makes a user each for web and worker, and both may work but not rule', async () => {
  await migrate();
  for (const url of [as(web, 'web-1'), as(worker, 'worker-1')]) {
    expect(await ask(url, 'SELECT count(*)::int AS n FROM "User"')).toEqual([{ n: 0 }]);
    await expect(execute(url, 'DELETE FROM "AuditEvent"')).rejects.toThrow(/permission denied/);
    await expect(execute(url, 'CREATE TABLE public.mine (id int)')).rejects.toThrow(/permission denied/);
  }
  await expect(execute(as(app, 'web-1'), 'SELECT 1')).rejects.toThrow(/authentication failed|not permitted to log in/);
});

test('two migrate tasks at once and a third afterwards leave the same users, and a new password replaces the old one', async () => {
  await Promise.all([migrate(), migrate()]);
  await migrate('web-2');
  expect(await ask(as(web, 'web-2'), 'SELECT current_user AS me')).toEqual([{ me: web }]);
  await expect(ask(as(web, 'web-1'), 'SELECT 1')).rejects.toThrow(/authentication failed/);
  expect(await ask(as(worker, 'worker-1'), 'SELECT current_user AS me')).toEqual([{ me: worker }]);
});

test('the server is given a verifier, never the password', async () => {
  const rows = await ask<{ rolpassword: string }>(
    superuser(),
    `SELECT rolpassword FROM pg_authid WHERE rolname IN ('${web}', '${worker}')`,
  );
  expect(rows.map(({ rolpassword }) => rolpassword.slice(0, 19))).toEqual([
    'SCRAM-SHA-256$4096:',
    'SCRAM-SHA-256$4096:',
  ]);
});
