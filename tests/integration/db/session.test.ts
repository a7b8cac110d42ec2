import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { REQUIRED_SETTINGS } from '#lib/db/sessions/settings.ts';
import { openDb } from '#lib/db.ts';
import { openClient } from '#lib/db/client.ts';
import { conflictingSettings, unappliedSettings } from '#lib/db/sessions/check.ts';
import { checkHealth } from '#lib/health.ts';
import { log } from '#lib/log.ts';
import { openConsumer } from '#lib/queue/boss.ts';
import { openEngine } from '#prisma/engine/engine.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { testEnvironment } from '../../support/audit-proof.ts';
import { haveTool } from '../../support/required-tools.ts';

/** What an operator, a provider or an attacker of the settings may have said, of the database and of the role. */
const OF_DATABASE = {
  TimeZone: 'Asia/Kolkata',
  IntervalStyle: 'sql_standard',
  standard_conforming_strings: 'off',
  bytea_output: 'escape',
  default_transaction_isolation: 'serializable',
  default_transaction_deferrable: 'on',
  statement_timeout: '2s',
  idle_session_timeout: '9s',
  array_nulls: 'off',
  quote_all_identifiers: 'on',
};
const OF_ROLE = {
  DateStyle: 'German',
  search_path: 'nowhere',
  client_encoding: 'LATIN1',
  default_transaction_read_only: 'on',
  lock_timeout: '1ms',
  idle_in_transaction_session_timeout: '9s',
  extra_float_digits: '-15',
  transform_null_equals: 'on',
  row_security: 'off',
};

let database: TestDatabase;

async function configure(url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  const set = (whose: string, settings: Record<string, string>) =>
    Object.entries(settings).map(([key, value]) => `ALTER ${whose} SET ${key} = '${value}'`);
  await execute(
    url,
    ...set(`DATABASE ${name}`, OF_DATABASE),
    ...['golive_app', 'golive_owner'].flatMap((role) => set(`ROLE ${role} IN DATABASE ${name}`, OF_ROLE)),
  );
}

beforeAll(async () => {
  database = await freshDatabase();
  await configure(database.superuserUrl);
  testEnvironment();
  process.env.DATABASE_URL = database.appUrl;
});
afterAll(() => database[Symbol.asyncDispose]());

const SHOW = `SELECT name, setting FROM pg_settings WHERE lower(name) = ANY ($1)`;
const names = Object.keys(REQUIRED_SETTINGS).map((name) => name.toLowerCase());
const settings = (rows: { name: string; setting: string }[]) =>
  Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
const LIMITS = { statement_timeout: '10000', idle_in_transaction_session_timeout: '10000' };

test('the hostile settings apply to sessions without required settings', async () => {
  const client = new pg.Client({ connectionString: database.appUrl });
  await client.connect();
  const { rows } = await client.query<{ name: string; setting: string }>(SHOW, [names]);
  await client.end();
  expect(settings(rows)).toMatchObject({ TimeZone: 'Asia/Kolkata', DateStyle: 'German, DMY', search_path: 'nowhere' });
  // The driver itself asks for UTF-8.
  for (const name of Object.keys(REQUIRED_SETTINGS).filter((key) => key !== 'client_encoding'))
    expect(settings(rows)[name], name).not.toBe(REQUIRED_SETTINGS[name as keyof typeof REQUIRED_SETTINGS]);
});

test('every kind of connection is pinned, whatever the database and the role were configured with', async () => {
  const client = await openClient(database.ownerUrl);
  const direct = await client.query<{ name: string; setting: string }>(SHOW, [names]);
  await client.end();
  expect(settings(direct.rows)).toEqual(REQUIRED_SETTINGS);

  const prisma = await database.db.$queryRawUnsafe<{ name: string; setting: string }[]>(SHOW, names);
  expect(settings(prisma)).toEqual({ ...REQUIRED_SETTINGS, ...LIMITS });

  const boss = await openConsumer();
  const queue = await boss.getDb().executeSql(SHOW, [names]);
  await boss.stop({ graceful: false });
  expect(settings(queue.rows as { name: string; setting: string }[])).toEqual(REQUIRED_SETTINGS);

  // The engine has no words for a question of ours: it reports what it did to a table instead.
  const engine = await openEngine(
    [['schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n']],
    database.ownerUrl,
  );
  const script = `CREATE TABLE seen AS SELECT name, setting FROM pg_settings`;
  await engine.call('dbExecute', { datasourceType: { tag: 'url', url: database.ownerUrl }, script });
  await engine.close();
  const outside = new pg.Client({ connectionString: database.superuserUrl });
  await outside.connect();
  const seen = await outside.query<{ name: string; setting: string }>(
    `SELECT name, setting FROM public.seen WHERE lower(name) = ANY ($1)`,
    [names],
  );
  await outside.end();
  expect(settings(seen.rows)).toEqual({ ...REQUIRED_SETTINGS, lock_timeout: '5000' });
});

const SHELL = `set -euo pipefail
ROOT=$PWD WORK=$(mktemp -d)
trap 'rm -r "$WORK"' EXIT
source scripts/support/database.sh
use_database test DATABASE_URL
sql="SELECT name || '=' || setting FROM pg_settings WHERE lower(name) = ANY (string_to_array('$NAMES', ' '))"
ask "$sql"
run_psql -At -f - <<<"$sql"`;

const psql = haveTool('psql', 'sessions of the shell scripts are pinned');

test.runIf(psql)('so is every psql of the shell scripts, with a statement or with a script on its stdin', async () => {
  const env = { DATABASE_URL: database.ownerUrl, NAMES: names.join(' '), PGCLIENTENCODING: 'LATIN1' };
  const { code, stdout, stderr } = await command('bash', ['-c', SHELL], { env });
  expect(code, stderr).toBe(0);
  const expected = Object.entries(REQUIRED_SETTINGS).map((pair) => pair.join('='));
  expect(stdout.trim().split('\n').sort()).toEqual([...expected, ...expected].sort());
});

test('no shell script starts psql otherwise', async () => {
  const files = (await readdir('scripts', { recursive: true })).filter((name) => name.endsWith('.sh'));
  const texts = await Promise.all(files.map((name) => readFile(join('scripts', name), 'utf8')));
  const starts = texts.join('\n').match(/\bpsql -(?!-version).*/g);
  expect(starts).toEqual(['psql -Xq -v ON_ERROR_STOP=1 -c "$PINNED" "$@"']);
});

/** As `conflictingSettings()` and `unappliedSettings()` ask, through a client of anybody's. */
const asked = (client: pg.Client) => async (sql: string, parameters: readonly unknown[]) =>
  (await client.query(sql, [...parameters])).rows as never;

test('what the database and the roles are configured with is named with the statement that takes it back', async () => {
  await using other = await freshDatabase();
  await configure(other.superuserUrl);
  const client = await openClient(other.ownerUrl);
  const ofOthers = async (by: pg.Client) =>
    (await conflictingSettings(asked(by), ['golive_owner', 'golive_app'])).filter(
      ({ where }) => where !== 'the server',
    );
  const named = await ofOthers(client);
  // Of the roles in all databases of this server nothing is set.
  const expected = [
    ...Object.keys(OF_DATABASE).map((name) => ({ name, where: /^database t_/ })),
    ...['golive_app', 'golive_owner'].flatMap((role) =>
      Object.keys(OF_ROLE).map((name) => ({ name, where: new RegExp(`^role ${role} in database t_`) })),
    ),
  ];
  expect(named).toHaveLength(expected.length);
  for (const { name, where } of expected) expect(named.filter((one) => one.name === name && where.test(one.where)), name).toHaveLength(1); // prettier-ignore
  await client.end();
  await execute(other.superuserUrl, ...named.map(({ fix }) => fix));
  const after = await openClient(other.ownerUrl);
  expect(await ofOthers(after)).toEqual([]);
  await after.end();
});

test('a connection without the required settings is reported by the health check and in detail by the session check', async () => {
  const pinned = await openClient(database.ownerUrl);
  const ask = (client: pg.Client) => (sql: string, of: string[]) => asked(client)(sql, [of]);
  expect(await unappliedSettings(ask(pinned))).toEqual([]);
  await pinned.end();
  const bare = new pg.Client({ connectionString: database.ownerUrl });
  await bare.connect();
  expect(await unappliedSettings(ask(bare))).toHaveLength(Object.keys(REQUIRED_SETTINGS).length - 1);
  await bare.end();

  const db = openDb(database.appUrl, { max: 1 });
  expect((await checkHealth(db)).checks).toEqual({ database: 'ok', writes: 'ok', session: 'ok', migrations: 'ok' });
  // As a pooler does that gives the next transaction another session.
  await db.$executeRawUnsafe("SET DateStyle = 'German'");
  const warn = vi.spyOn(log, 'warn').mockReturnValue();
  expect(await checkHealth(db)).toMatchObject({ status: 'failed', checks: { session: 'failed', migrations: 'ok' } });
  expect(warn).toHaveBeenCalledWith({ check: 'session', cause: 'not pinned: DateStyle' }, 'health check failed');
  await db.$disconnect();
});

test('a moment is stored as it was meant, seen by another client', async () => {
  const at = new Date('2026-03-29T00:30:00.123Z');
  const id = '01890000-0000-7000-8000-000000000001';
  await database.db.user.create({
    data: { id, email: 'ann@example.org', name: 'Ann', passwordHash: 'x', role: 'user', createdAt: at },
  });
  const outside = new pg.Client({ connectionString: database.superuserUrl });
  await outside.connect();
  const { rows } = await outside.query<{ epoch: string }>(
    `SELECT extract(epoch FROM "createdAt")::text AS epoch FROM "User" WHERE "id" = $1`,
    [id],
  );
  await outside.end();
  expect(Number(rows[0]?.epoch) * 1000).toBe(at.getTime());
  expect((await database.db.user.findUniqueOrThrow({ where: { id } })).createdAt).toEqual(at);
});

test('an empty database with such settings is migrated by the commands', async () => {
  await using empty = await freshDatabase({ migrated: false });
  await configure(empty.superuserUrl);
  const env = { DATABASE_URL: empty.appUrl, MIGRATE_DATABASE_URL: empty.ownerUrl };
  const migrated = await command('npm', ['run', 'db:migrate:prod'], { env });
  expect(migrated.code, migrated.stdout + migrated.stderr).toBe(0);
  const status = await command('npm', ['run', '--silent', 'db:status'], { env });
  expect(status.code, status.stdout + status.stderr).toBe(0);
});
