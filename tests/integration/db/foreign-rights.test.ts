import { beforeEach, afterEach, expect, test } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import type { ForeignRight } from '#lib/db/roles/held-rights.ts';
import { revokeForeignRights, foreignRights } from '#lib/db/roles/foreign-rights.ts';
import { execute } from '../../support/postgres/postgres.ts';
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

const OURS = { app: APP, web: APP, worker: APP };

const migrate = () =>
  command('npm', ['run', '--silent', 'db:migrate:prod'], {
    env: { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: database.ownerUrl },
  });

test('after a migration only owner and app have privileges, also on new objects, despite default privileges of the platform', async () => {
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

test('manually granted privileges are reported, also per column, and revoked by the next migration', async () => {
  expect(await migrate()).toMatchObject({ code: 0 });
  await execute(
    database.superuserUrl,
    HOSTED[0] ?? '',
    'GRANT SELECT ("passwordHash") ON "User" TO anon',
    'GRANT SELECT ON "Session" TO PUBLIC',
  );
  const owner = await openClient(database.ownerUrl);
  try {
    expect((await foreignRights(owner, OURS)).map(({ object, grantee }) => `${object}: ${grantee}`)).toEqual([
      'TABLE public."Session": PUBLIC',
      'TABLE public."User" ("passwordHash"): anon',
    ]);
    expect((await migrate()).stdout).toContain('revoked SELECT on TABLE public."Session" from PUBLIC');
    expect(await foreignRights(owner, OURS)).toEqual([]);
  } finally {
    await owner.end();
  }
});

const told = (rights: ForeignRight[]) =>
  rights.map(({ object, grantee, privileges }) => `${grantee}: ${privileges} on ${object}`);

test('foreign privileges of every kind are reported and revoked', async () => {
  await using migrated = await freshDatabase();
  const id = migrated.ownerUrl.split('/t_').at(-1);
  const [one, another] = [`one_${id}`, `another_${id}`];
  await execute(
    migrated.superuserUrl,
    `CREATE ROLE ${one}`,
    `CREATE ROLE ${another}`,
    `GRANT USAGE, CREATE ON SCHEMA public TO ${one}`,
    'GRANT USAGE ON SCHEMA pgboss TO PUBLIC',
    `SET ROLE ${OWNER}`,
    `GRANT SELECT ON "User" TO ${one} WITH GRANT OPTION`,
    `GRANT USAGE ON TYPE "Role" TO ${one}`,
    'GRANT EXECUTE ON FUNCTION audit_ensure_partitions(integer) TO PUBLIC',
    'CREATE SEQUENCE counted',
    `GRANT USAGE ON SEQUENCE counted TO ${one}`,
    `ALTER DEFAULT PRIVILEGES GRANT USAGE ON TYPES TO ${one}`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO ${APP}`,
    'RESET ROLE',
    `SET ROLE ${one}`,
    `GRANT SELECT ON "User" TO ${another}`,
  );
  const owner = await openClient(migrated.ownerUrl);
  try {
    expect(told(await foreignRights(owner, OURS)).sort()).toEqual(
      [
        'PUBLIC: EXECUTE on ROUTINE audit_ensure_partitions(integer)',
        'PUBLIC: USAGE on SCHEMA pgboss',
        `${one}: CREATE, USAGE on SCHEMA public`,
        `${one}: USAGE on SEQUENCE public.counted`,
        `${one}: SELECT on TABLE public."User"`,
        `${another}: SELECT on TABLE public."User"`,
        `${one}: USAGE on TYPE public."Role"`,
        `${APP}: SELECT on future TABLES in public`,
        `${one}: USAGE on future TYPES`,
      ].sort(),
    );
    expect((await revokeForeignRights(owner, OURS)).left).toEqual([]);
    expect(await foreignRights(owner, OURS)).toEqual([]);
    // From outside: the catalogue no longer names them in this database.
    await execute(migrated.superuserUrl, `DROP ROLE ${another}, ${one}`);
  } finally {
    await owner.end();
  }
});

test('the bare use of the schema public is named, and left alone where a restore asks for that', async () => {
  await using migrated = await freshDatabase();
  await execute(migrated.superuserUrl, HOSTED[0] ?? '', 'GRANT USAGE ON SCHEMA public TO anon');
  const owner = await openClient(migrated.ownerUrl);
  try {
    await revokeForeignRights(owner, OURS, { keepHarmless: true });
    expect(await foreignRights(owner, OURS)).toMatchObject([{ grantee: 'anon', privileges: 'USAGE', harmless: true }]);
    await revokeForeignRights(owner, OURS);
    expect(await foreignRights(owner, OURS)).toEqual([]);
  } finally {
    await owner.end();
  }
});

test('members and parents of the app’s role are foreign, except superusers', async () => {
  await using migrated = await freshDatabase();
  const id = migrated.ownerUrl.split('/t_').at(-1);
  const [app, admin, guest] = ['app', 'admin', 'guest'].map((name) => `${name}_${id}`) as [string, string, string];
  await execute(
    migrated.superuserUrl,
    `CREATE ROLE ${app}`,
    `CREATE ROLE ${guest}`,
    `CREATE ROLE ${admin} CREATEROLE`,
    `GRANT ${app} TO ${guest}, ${admin}`,
    `GRANT ${app} TO ${OWNER} WITH ADMIN OPTION`,
    `GRANT pg_write_all_data TO ${app}`,
    `SET ROLE ${OWNER}`,
    `GRANT ${app} TO ${guest}`,
  );
  const owner = await openClient(migrated.ownerUrl);
  try {
    const { taken, left } = await revokeForeignRights(owner, { app, web: app, worker: app });
    expect(told(taken)).toContain(`${guest}: MEMBER on ROLE ${app}`);
    // Which another has granted: the statement is named for whoever may run it.
    expect(told(left)).toContain(`${app}: MEMBER on ROLE pg_write_all_data`);
    expect(told([...taken, ...left]).join()).not.toContain(admin);
    for (const { revoke } of left) await execute(migrated.superuserUrl, revoke);
    expect(await foreignRights(owner, { app, web: app, worker: app })).toEqual([]);
  } finally {
    await owner.end();
    await execute(migrated.superuserUrl, `DROP ROLE ${guest}, ${admin}, ${app}`);
  }
});

test('migrating without an app role is an error', async () => {
  const url = new URL(database.appUrl);
  url.username = 'nobody_yet';
  const refused = await command('npm', ['run', '--silent', 'db:migrate:prod'], {
    env: { DATABASE_URL: url.href, MIGRATE_DATABASE_URL: database.ownerUrl },
  });
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('nobody can sign in');
});
