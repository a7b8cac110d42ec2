import { beforeEach, afterEach, expect, test } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import { strangerRights } from '#lib/db/strangers.ts';
import { execute } from '../../../scripts/support/postgres.ts';
import { APP, OWNER } from '../../support/cluster.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase({ migrated: false })));
afterEach(() => database[Symbol.asyncDispose]());

/** As a hosted project has it before its first migration. Roles are the server's, so they are made once. */
const HOSTED = [
  `DO $$ BEGIN CREATE ROLE anon NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
  'GRANT USAGE ON SCHEMA public TO anon',
  ...['TABLES', 'FUNCTIONS', 'SEQUENCES'].map(
    (kind) => `ALTER DEFAULT PRIVILEGES FOR ROLE ${OWNER} IN SCHEMA public GRANT ALL ON ${kind} TO anon`,
  ),
];

const migrate = () =>
  command('npm', ['run', '--silent', 'db:migrate:prod'], {
    env: { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: database.ownerUrl },
  });

test('after a migration nobody but owner and app has any right, also on what is made later, whatever the platform grants by default', async () => {
  await execute(database.superuserUrl, ...HOSTED);
  const migrated = await migrate();
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toContain('on TABLE public."User" from anon');
  const asAnon = (sql: string) => execute(database.superuserUrl, `SET ROLE anon; ${sql}`);
  for (const sql of [
    'SELECT email, "passwordHash" FROM "User"',
    `UPDATE "User" SET role = 'admin'`,
    'INSERT INTO "AuditEvent" DEFAULT VALUES',
    'SELECT * FROM audit_seal(10)',
    'SELECT * FROM pgboss.job',
  ])
    await expect(asAnon(sql), sql).rejects.toThrow(/permission denied/);
  await execute(database.ownerUrl, 'CREATE TABLE later (x int)');
  await expect(asAnon('SELECT * FROM later')).rejects.toThrow(/permission denied/);
});

test('rights that somebody was given by hand are named, column by column, and taken away by the next migration', async () => {
  expect(await migrate()).toMatchObject({ code: 0 });
  await execute(
    database.superuserUrl,
    HOSTED[0] ?? '',
    'GRANT SELECT ("passwordHash") ON "User" TO anon',
    'GRANT SELECT ON "Session" TO PUBLIC',
  );
  const owner = await openClient(database.ownerUrl);
  try {
    expect((await strangerRights(owner, [APP])).map(({ object, grantee }) => `${object}: ${grantee}`)).toEqual([
      'TABLE public."Session": PUBLIC',
      'TABLE public."User" ("passwordHash"): anon',
    ]);
    expect((await migrate()).stdout).toContain('revoked SELECT on TABLE public."Session" from PUBLIC');
    expect(await strangerRights(owner, [APP])).toEqual([]);
  } finally {
    await owner.end();
  }
});

test('a migration that nobody could use is an error: the role of the app must be there, or be made', async () => {
  const url = new URL(database.appUrl);
  url.username = 'nobody_yet';
  const refused = await command('npm', ['run', '--silent', 'db:migrate:prod'], {
    env: { DATABASE_URL: url.href, MIGRATE_DATABASE_URL: database.ownerUrl },
  });
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('nobody can sign in');
});
