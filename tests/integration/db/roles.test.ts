import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import { readHeldRights } from '#lib/db/roles/held-rights.ts';
import { grantDocument } from '../../../scripts/dev/support/docs/grant-table.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { insertEvents } from '../../support/audit.ts';
import { startWorker, TEST_SECRET, until } from '../../support/worker.ts';

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
    expect(await ask(url, 'SELECT count(*)::int AS n FROM "AuditEvent"')).toEqual([{ n: 0 }]);
    await expect(execute(url, 'DELETE FROM "AuditEvent"')).rejects.toThrow(/permission denied/);
    await expect(execute(url, 'CREATE TABLE public.mine (id int)')).rejects.toThrow(/permission denied/);
  }
  await expect(execute(as(app, 'web-1'), 'SELECT 1')).rejects.toThrow(/authentication failed|not permitted to log in/);
});

const PEOPLE = ['User', 'Session', 'Identity', 'PasswordReset', 'SignInThrottle'];
const LOG_KEEPING = [
  'audit_seal(1)',
  "audit_drop_partition('AuditEvent_2020_01', gen_random_uuid(), 'x')",
  "audit_delete_events('{}', '{}', gen_random_uuid(), 'x')",
  'audit_drop_chain_head()',
];

const WEB_ATTACKS = [
  ...[
    'AuditAnchor',
    'AuditTile',
    'AuditCheckpoint',
    'AuditPrune',
    'AuditVerification',
    'AuditDeadLetter',
    'AuditStream',
  ].map((table) => `INSERT INTO "${table}" DEFAULT VALUES`),
  'UPDATE "AuditStream" SET sequence = 0',
  'DELETE FROM "User"',
  'DELETE FROM "Identity"',
  'UPDATE "AgentBatch" SET payload = NULL',
  'DELETE FROM "AgentBatch"',
  'DELETE FROM "AgentEventKey"',
];
const WORKER_ATTACKS = [
  'SELECT * FROM "AgentKey"',
  'INSERT INTO "AgentKey" DEFAULT VALUES',
  'UPDATE "AgentKey" SET "revokedAt" = NULL',
  'UPDATE "Agent" SET "disabledAt" = NULL',
  'INSERT INTO "AgentBatch" DEFAULT VALUES',
];

test('the worker’s role cannot access accounts; the web role cannot seal or remove events', async () => {
  for (const table of PEOPLE)
    for (const attack of [
      `SELECT * FROM "${table}"`,
      `DELETE FROM "${table}"`,
      `INSERT INTO "${table}" DEFAULT VALUES`,
      `SELECT FROM "${table}" FOR UPDATE`,
    ])
      await expect(execute(as(worker, 'worker-1'), attack), attack).rejects.toThrow(/permission denied/);
  for (const call of LOG_KEEPING)
    await expect(execute(as(web, 'web-1'), `SELECT * FROM ${call}`), call).rejects.toThrow(/permission denied/);
  for (const attack of WEB_ATTACKS)
    await expect(execute(as(web, 'web-1'), attack), attack).rejects.toThrow(/permission denied/);
  for (const attack of WORKER_ATTACKS)
    await expect(execute(as(worker, 'worker-1'), attack), attack).rejects.toThrow(/permission denied/);
  // The common role is a way round for neither.
  await expect(execute(as(worker, 'worker-1'), `SET ROLE ${app}; SELECT * FROM "User"`)).rejects.toThrow(/permission/);
  await expect(execute(as(worker, 'worker-1'), `SET ROLE ${web}`)).rejects.toThrow(/permission/);
  await expect(execute(as(web, 'web-1'), `SET ROLE ${worker}`)).rejects.toThrow(/permission/);
});

test('each of them can do its own work: web keeps accounts, the worker seals what is written, and the prune runs', async () => {
  await execute(
    as(web, 'web-1'),
    `INSERT INTO "User" ("id", "email", "name", "updatedAt") VALUES (gen_random_uuid(), 'a@example.org', 'A', now())`,
    insertEvents(1, { createdAt: `date_trunc('milliseconds', now())` }),
  );
  await using process = await startWorker(as(worker, 'worker-1'));
  const sealed = () => ask<{ n: number }>(as(web, 'web-1'), 'SELECT count(*)::int AS n FROM "AuditChain"');
  await until(
    async () => (await sealed())[0]?.n === 1,
    () => process.output(),
  );
  expect(process.output()).not.toMatch(/permission denied/);
  expect(await process.end('SIGTERM')).toBe(0);
  const prune = await run('npm', ['run', 'audit:prune'], {
    env: { ...globalThis.process.env, DATABASE_URL: as(worker, 'worker-1'), NEXTAUTH_SECRET: TEST_SECRET },
  });
  expect(prune.stderr).not.toMatch(/permission denied/);
});

test('docs/GRANTS.md is what the database says', async () => {
  const client = await openClient(as(owner, 'owner-1'));
  try {
    const said = grantDocument(await readHeldRights(client), { app, web, worker });
    expect(await readFile('docs/GRANTS.md', 'utf8')).toBe(said);
  } finally {
    await client.end();
  }
});

test('concurrent and repeated migrate tasks create the same users; a new password replaces the old one', async () => {
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
