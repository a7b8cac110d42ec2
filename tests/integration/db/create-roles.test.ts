import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';

const id = randomBytes(4).toString('hex');
const [database, boss, app, worker, owner] = ['db', 'boss', 'app', 'worker', 'owner'].map(
  (name) => `made_${name}_${id}`,
) as [string, string, string, string, string];
const superuser = inject('clusterUrl');
const as = (user: string, password: string) =>
  superuser.replace('{database}', database).replace(/\/\/[^@]+@/, `//${user}:${encodeURIComponent(password)}@`);
const bossUrl = as(boss, 'boss-1');

beforeAll(() =>
  execute(
    superuser.replace('{database}', 'postgres'),
    // As on Supabase and RDS: it owns the database and makes roles, and is no superuser.
    `CREATE ROLE ${boss} LOGIN CREATEROLE CREATEDB PASSWORD 'boss-1'`,
    `CREATE DATABASE ${database} OWNER ${boss}`,
    `REVOKE CONNECT ON DATABASE ${database} FROM PUBLIC`,
  ),
);
afterAll(() =>
  execute(
    superuser.replace('{database}', 'postgres'),
    `DROP DATABASE ${database} WITH (FORCE)`,
    `DROP ROLE IF EXISTS ${[app, worker, owner, boss].join(', ')}`,
  ),
);

const roles = (args: string[], env: Record<string, string> = {}) =>
  command('node', ['scripts/db/roles.ts', ...args], { env: { DATABASE_URL: bossUrl, ...env } });

interface Told {
  roles: { variable: string; user: string; made: boolean; password?: string }[];
}

async function who(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query('SELECT current_user AS me, rolsuper OR rolcreaterole AS mighty FROM pg_roles WHERE rolname = current_user'); // prettier-ignore
  await client.end();
  return rows[0];
}

test('a non-superuser can create the roles of an installation, which migrates without findings', async () => {
  const first = await roles(['--app', app, '--worker', worker, '--json'], { APP_PASSWORD: 'gïven' });
  expect(first).toMatchObject({ code: 2, stdout: '' });
  expect(first.stderr).not.toContain('gïven');
  const given = 'given by p%40w environment';
  const made = await roles(['--app', app, '--worker', worker, '--json'], { APP_PASSWORD: given });
  expect(made, made.stderr).toMatchObject({ code: 0, stderr: '' });
  const told = (JSON.parse(made.stdout) as Told).roles;
  expect(told).toMatchObject([
    { variable: 'MIGRATE_DATABASE_URL', user: boss, made: false },
    { variable: 'DATABASE_URL', user: app, made: true },
    { variable: 'WORKER_DATABASE_URL', user: worker, made: true, password: expect.stringMatching(/^[\w-]{32}$/) as string }, // prettier-ignore
  ]);
  expect(made.stdout).not.toContain(given);
  const workerUrl = as(worker, told[2]?.password ?? '');
  expect(await who(as(app, given))).toEqual({ me: app, mighty: false });
  expect(await who(workerUrl)).toEqual({ me: worker, mighty: false });

  const again = await roles(['--app', app, '--worker', worker]);
  expect(again).toMatchObject({ code: 0 });
  expect(again.stdout).toContain(`DATABASE_URL          user ${app}: was there\n`);
  expect(await who(workerUrl)).toEqual({ me: worker, mighty: false });

  const env = { MIGRATE_DATABASE_URL: bossUrl, DATABASE_URL: as(app, given), WORKER_DATABASE_URL: workerUrl };
  expect(await command('npm', ['run', '--silent', 'db:migrate:prod'], { env })).toMatchObject({ code: 0 });
  const status = await command('node', ['scripts/db/status.ts'], { env });
  expect(status, status.stdout).toMatchObject({ code: 0, stdout: expect.stringContaining(' 0 findings') as string });
});

test('a superuser gets an owner for the tables, and a name that the app must not have is refused before anything is made', async () => {
  const name = `${database}_plain`;
  await execute(superuser.replace('{database}', 'postgres'), `CREATE DATABASE ${name}`);
  try {
    const env = { DATABASE_URL: superuser.replace('{database}', name) };
    const refused = await roles(['--app', boss, '--owner', owner], env);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('makes roles') as string });
    expect(await roles(['--app', owner, '--owner', owner], env)).toMatchObject({ code: 1 });
    const made = await roles(['--app', app, '--owner', owner, '--json'], { ...env, OWNER_PASSWORD: 'owner-of-tables' });
    expect((JSON.parse(made.stdout) as Told).roles[0]).toMatchObject({ user: owner, made: true });
    const ownerUrl = env.DATABASE_URL.replace(/\/\/[^@]+@/, `//${owner}:owner-of-tables@`);
    await execute(ownerUrl, 'CREATE TABLE public.mine (n int)', 'CREATE SCHEMA mine');
    await execute(ownerUrl, 'REVOKE ALL ON SCHEMA public FROM PUBLIC');
  } finally {
    await execute(superuser.replace('{database}', 'postgres'), `DROP DATABASE ${name} WITH (FORCE)`);
  }
});

test('without CREATEROLE the command fails and changes nothing', async () => {
  const refused = await command('node', ['scripts/db/roles.ts', '--app', `never_${id}`], {
    env: { DATABASE_URL: as(app, 'given by p%40w environment') },
  });
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('may not make roles') as string });
});
