import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import { pendingMigrations } from '#lib/db/migrations/pending.ts';
import { databaseStatus } from '#lib/db/status/status.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { copyRelease, type Release } from '../../support/release.ts';

let database: TestDatabase;
let release: Release;
beforeEach(async () => {
  [database, release] = await Promise.all([freshDatabase(), copyRelease()]);
});
afterEach(async () => {
  await database[Symbol.asyncDispose]();
  await release[Symbol.asyncDispose]();
});

const root = () => release.path();

/** In this process, where the command would take a second more to start; the command itself is tried where its words are the subject. */
async function status(): Promise<{ code: number; findings: string[] }> {
  const sources = { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: database.ownerUrl };
  // Prisma, which compares the tables, reads its own.
  for (const [name, value] of Object.entries(sources)) vi.stubEnv(name, value);
  const client = await openClient(database.ownerUrl);
  try {
    const { findings } = await databaseStatus(client, release.path(), sources);
    return {
      code: findings.length === 0 ? 0 : 1,
      findings: findings.map(({ kind, name, detail }) => `${kind} ${name}: ${detail}`),
    };
  } finally {
    await client.end();
    vi.unstubAllEnvs();
  }
}

async function addMigration(name: string, sql: string) {
  await mkdir(release.path('prisma/migrations', name));
  await writeFile(release.path('prisma/migrations', name, 'migration.sql'), sql);
}

test('a migrated database is as it should be, also with partitions for every month and of the chain', async () => {
  await execute(
    database.ownerUrl,
    ...[1, 2, 3].map(
      (month) =>
        `CREATE TABLE IF NOT EXISTS "AuditEvent_2031_0${month}" PARTITION OF "AuditEvent"
         FOR VALUES FROM ('2031-0${month}-01 00:00+00') TO ('2031-0${month + 1}-01 00:00+00')`,
    ),
    `CREATE TABLE "AuditChain_0" PARTITION OF "AuditChain" FOR VALUES FROM (0) TO (1000000)`,
  );
  expect(await release.script(database, 'db/pg/migrate', '--again')).toMatchObject({ code: 0 });
  expect(await status()).toEqual({ code: 0, findings: [] });
  expect(await pendingMigrations(database.db, root())).toEqual([]);
});

test('a new migration and a new file of prisma/postgres are pending until they are deployed', async () => {
  await addMigration('20990101000000_note', 'SELECT 1;');
  await writeFile(release.path('prisma/postgres/999_note.sql'), 'SELECT 1;');
  const pending = ['20990101000000_note', '999_note.sql'];
  expect(await status()).toEqual({ code: 1, findings: pending.map((name) => `pending ${name}: not applied`) });
  expect(await pendingMigrations(database.db, root())).toEqual(pending);
  const half = await release.script(database, 'db/pg/migrate');
  expect(half).toMatchObject({ code: 1, stderr: expect.stringContaining('20990101000000_note (pending)') as string });
  expect(await release.migrate(database)).toMatchObject({ code: 0 });
  expect(await status()).toEqual({ code: 0, findings: [] });
  expect(await pendingMigrations(database.db, root())).toEqual([]);
});

test('a migration that failed is named with what the server said, the deployment fails, and nothing after it runs', async () => {
  await addMigration('20990101000000_breaks', 'ALTER TABLE "User" ADD COLUMN half int; SELECT 1/0;');
  const deployed = await release.migrate(database);
  expect(deployed.code).not.toBe(0);
  expect(deployed.stdout + deployed.stderr).toContain('20990101000000_breaks');
  const { code, findings } = await status();
  expect(code).toBe(1);
  expect(findings).toHaveLength(1);
  expect(findings[0]).toMatch(/^failed 20990101000000_breaks: .*division by zero/s);
  expect(await pendingMigrations(database.db, root())).toEqual(['20990101000000_breaks']);
  const columns = database.db.$queryRaw`SELECT FROM information_schema.columns WHERE column_name = 'half'`;
  expect(await columns).toEqual([]);
});

test('a migration that was edited after it was applied is named', async () => {
  const file = release.path('prisma/migrations/20261122000000_init/migration.sql');
  await writeFile(file, `${await readFile(file, 'utf8')}\n-- one more thought\n`);
  const { code, findings } = await status();
  expect(code).toBe(1);
  expect(findings).toEqual(['edited 20261122000000_init: changed after it was applied']);
});

test('an edited file of prisma/postgres is named, and run again by the next deployment alone', async () => {
  const file = release.path('prisma/postgres/010_append_only.sql');
  await writeFile(file, `${await readFile(file, 'utf8')}\nCOMMENT ON TABLE "AuditEvent" IS 'edited';\n`);
  expect((await status()).findings).toEqual([expect.stringMatching(/^edited 010_append_only\.sql/)]);
  expect(await pendingMigrations(database.db, root())).toEqual([]);
  const deployed = await release.migrate(database);
  expect(deployed).toMatchObject({ code: 0 });
  expect(deployed.stdout.match(/^applied .*sql/gm)).toEqual(['applied 010_append_only.sql']);
  expect(await status()).toEqual({ code: 0, findings: [] });
});

test('after a rollback the database is ahead: the status says so, and the old release stays healthy', async () => {
  await rm(release.path('prisma/migrations/20261122000100_reset_links_from_the_command_line'), { recursive: true });
  const { code, findings } = await status();
  expect(code).toBe(1);
  expect(findings).toContain(
    'ahead 20261122000100_reset_links_from_the_command_line: the database has it, this release does not',
  );
  expect(await pendingMigrations(database.db, root())).toEqual([]);
});

test('after a rollback a column of the newer release is right where it is, and only what this release lacks is drift', async () => {
  await execute(
    database.ownerUrl,
    'ALTER TABLE "User" ADD COLUMN "ofNewer" int',
    'CREATE TABLE "OfNewer" (id int PRIMARY KEY)',
    `GRANT DELETE ON "User" TO golive_app`,
    `INSERT INTO "_prisma_migrations" (id, checksum, migration_name, finished_at, applied_steps_count)
     VALUES ('newer', 'x', '29990101000000_expand', now(), 1)`,
  );
  const name = 'prisma/schema.prisma';
  const ahead = 'ahead 29990101000000_expand: the database has it, this release does not';
  expect(await status()).toEqual({
    code: 1,
    findings: [ahead, expect.stringMatching(/^ahead prisma\/schema\.prisma: .*newer release has added.*ofNewer/s)],
  });
  const shown = await release.script(database, 'db/status');
  expect(shown.stdout).toContain('right after a rollback: change nothing');
  expect(shown.stdout).not.toMatch(/undo it|by hand/);
  await execute(database.ownerUrl, 'ALTER TABLE "Session" DROP COLUMN "userAgent"');
  expect((await status()).findings).toEqual([ahead, expect.stringMatching(`^drift ${name}: `)]);
});

test('missing and superfluous privileges are reported with a fix, and the next migration corrects both', async () => {
  await execute(
    database.ownerUrl,
    'REVOKE INSERT ON "AuditEvent" FROM golive_app',
    'REVOKE EXECUTE ON FUNCTION audit_seal(integer) FROM golive_app',
    'GRANT DELETE ON "AuditEvent" TO golive_app',
    'GRANT UPDATE (role) ON "User" TO golive_app WITH GRANT OPTION',
    'GRANT SELECT ON "Session" TO PUBLIC',
  );
  expect((await status()).findings).toEqual([
    'rights golive_app: lacks INSERT on TABLE public."AuditEvent"',
    'rights golive_app: lacks EXECUTE on ROUTINE audit_seal(integer)',
    'rights golive_app: has, and should not have, DELETE on TABLE public."AuditEvent"',
    'rights golive_app: has, and should not have, UPDATE on TABLE public."User" (role)',
    'rights golive_app: has, and should not have, UPDATE WITH GRANT OPTION on TABLE public."User" (role)',
    'foreign_right PUBLIC: holds SELECT on TABLE public."Session"',
  ]);
  expect((await release.script(database, 'db/status')).stdout).toContain('-> npm run db:pg:migrate');
  const migrated = await release.migrate(database);
  expect(migrated).toMatchObject({ code: 0 });
  expect(migrated.stdout).toContain('nothing to apply');
  expect(await status()).toEqual({ code: 0, findings: [] });
});

test('one role where two are meant is a loud line of the migration and of the status, and an error where the app has a role', async () => {
  const env = { DATABASE_URL: database.ownerUrl, MIGRATE_DATABASE_URL: `${database.ownerUrl}?application_name=x` };
  const migrated = await command('node', ['scripts/db/pg/migrate.ts'], { env });
  expect(migrated.code).toBe(0);
  expect(migrated.stderr).toMatch(/^WARNING: MIGRATE_DATABASE_URL and DATABASE_URL are one role, golive_owner:/m);
  const seen = await command('node', ['scripts/db/status.ts'], { env });
  expect(seen.code).toBe(1);
  expect(seen.stdout).toMatch(/^ROLE golive_owner: MIGRATE_DATABASE_URL and DATABASE_URL are one role/m);
  const apart = { ...env, DATABASE_APP_ROLE: 'golive_app' };
  const refused = await command('node', ['scripts/db/pg/migrate.ts'], { env: apart });
  expect(refused.code).toBe(1);
  expect(refused.stderr).toMatch(/are one role, golive_owner/);
});

test('tables changed by hand are drift, and the difference is shown', async () => {
  await execute(database.ownerUrl, 'ALTER TABLE "User" ADD COLUMN "byHand" int');
  const { code, findings } = await status();
  expect(code).toBe(1);
  expect(findings).toEqual([expect.stringMatching(/^drift prisma\/schema\.prisma: .*byHand/s)]);
});

test('an append-only trigger that was dropped or disabled on one partition is named, and --again puts it back', async () => {
  await execute(
    database.ownerUrl,
    'DROP TRIGGER audit_no_truncate ON "AuditEvent_default"',
    'ALTER TABLE "AuditEvent" DISABLE TRIGGER audit_no_truncate',
  );
  expect(await status()).toEqual({
    code: 1,
    findings: [
      'trigger audit_no_truncate: missing or disabled on "AuditEvent"',
      'trigger audit_no_truncate: missing or disabled on "AuditEvent_default"',
    ],
  });
  await execute(database.ownerUrl, 'ALTER TABLE "AuditEvent" ENABLE TRIGGER audit_no_truncate');
  expect(await release.script(database, 'db/pg/migrate', '--again')).toMatchObject({ code: 0 });
  expect(await status()).toEqual({ code: 0, findings: [] });
});

test('a keyset index that one partition lacks, and one that was left half-built, are named', async () => {
  await execute(
    database.ownerUrl,
    'DROP INDEX audit_keyset_idx',
    'CREATE INDEX audit_keyset_idx ON ONLY "AuditEvent" ("createdAt" DESC, "id" DESC)',
  );
  const { code, findings } = await status();
  expect(code).toBe(1);
  expect(findings).toContain('index audit_keyset_idx: missing on "AuditEvent_default"');
  expect(findings).toContain('index audit_keyset_idx: not valid on "AuditEvent"');
});

test('an empty database is wholly pending', async () => {
  await using empty = await freshDatabase({ migrated: false });
  const { code, stdout } = await release.script(empty, 'db/status', '--json');
  expect(code).toBe(1);
  const { applied, findings } = JSON.parse(stdout) as { applied: number; findings: { kind: string }[] };
  expect(applied).toBe(0);
  expect(new Set(findings.map(({ kind }) => kind))).toEqual(new Set(['pending']));
});

test('“could not check” is distinguished from “found something”, and no password is printed', async () => {
  const secret = 'hunter2hunter2';
  const away = await command('node', ['scripts/db/status.ts'], {
    env: { DATABASE_URL: `postgres://nobody:${secret}@127.0.0.1:1/none` },
  });
  expect(away.code).toBe(3);
  expect(away.stderr).toMatch(/^db:status: connect ECONNREFUSED/);
  expect(away.stdout + away.stderr).not.toContain(secret);
  expect(await command('node', ['scripts/db/status.ts', '--nonsense'])).toMatchObject({ code: 2 });
  expect(await command('node', ['scripts/db/status.ts'])).toMatchObject({ code: 3 });
});
