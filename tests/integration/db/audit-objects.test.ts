import { beforeAll, afterEach, expect, test } from 'vitest';
import { alteredObjects } from '#lib/db/status/audit-objects.ts';
import { openClient } from '#lib/db/client.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { sealedLog, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);
let database: TestDatabase | undefined;
afterEach(async () => {
  await database?.[Symbol.asyncDispose]();
  database = undefined;
});

async function altered({ appUrl }: TestDatabase): Promise<string[]> {
  const client = await openClient(appUrl);
  try {
    return (await alteredObjects(client, process.cwd())).map(({ name }) => name);
  } finally {
    await client.end();
  }
}

const EDIT = `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = (SELECT "eventId" FROM "AuditChain" WHERE "sequence" = 5)`;

/** What an owner can do to what the verifier reads; each is named, in the log's status and by the verifier, before anything is read. */
test('an object that is not what this release makes it is named, of whatever kind it is', async () => {
  database = await freshDatabase();
  await sealedLog(database, 20, 1);
  expect(await altered(database)).toEqual([]);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
  for (const [name, change, undo] of [
    [
      'AuditEvent',
      `ALTER TABLE "AuditEvent" ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON "AuditEvent" USING (current_setting('application_name') <> 'x')`,
      `DROP POLICY p ON "AuditEvent"; ALTER TABLE "AuditEvent" DISABLE ROW LEVEL SECURITY`,
    ],
    ['part', `CREATE TABLE part () INHERITS ("AuditPending")`, 'DROP TABLE part'],
    [
      'AuditHold',
      `ALTER TABLE "AuditHold" RENAME TO h; CREATE VIEW "AuditHold" AS SELECT * FROM h`,
      'DROP VIEW "AuditHold"; ALTER TABLE h RENAME TO "AuditHold"',
    ],
    ['AuditHold', `CREATE RULE r AS ON INSERT TO "AuditHold" DO INSTEAD NOTHING`, 'DROP RULE r ON "AuditHold"'],
    [
      'audit_note of AuditEvent',
      'ALTER TABLE "AuditEvent" DISABLE TRIGGER audit_note',
      'ALTER TABLE "AuditEvent" ENABLE TRIGGER audit_note',
    ],
    [
      'audit_no_change of AuditEvent_default',
      'ALTER TABLE "AuditEvent_default" DISABLE TRIGGER audit_no_change',
      'ALTER TABLE "AuditEvent_default" ENABLE TRIGGER audit_no_change',
    ],
    [
      'early of AuditEvent',
      `CREATE TRIGGER early BEFORE INSERT ON "AuditEvent" FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()`,
      'DROP TRIGGER early ON "AuditEvent"',
    ],
    ['stranger()', `CREATE FUNCTION stranger() RETURNS int LANGUAGE sql AS 'SELECT 1'`, 'DROP FUNCTION stranger()'],
    ['adds()', 'CREATE AGGREGATE adds(int) (SFUNC = int4pl, STYPE = int)', 'DROP AGGREGATE adds(int)'],
    [
      'operator ||',
      `CREATE FUNCTION joined(text, bigint) RETURNS text LANGUAGE sql AS 'SELECT $1'; CREATE OPERATOR public.|| (LEFTARG = text, RIGHTARG = bigint, FUNCTION = joined)`,
      'DROP OPERATOR public.|| (text, bigint); DROP FUNCTION joined(text, bigint)',
    ],
    [
      'cast from "Role" to integer',
      `CREATE FUNCTION one("Role") RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE CAST ("Role" AS int) WITH FUNCTION one("Role")`,
      'DROP CAST ("Role" AS int); DROP FUNCTION one("Role")',
    ],
    [
      'setting search_path=evil, public of the database',
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = evil, public', current_database()); END $$`,
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET search_path', current_database()); END $$`,
    ],
  ] as const) {
    await execute(database.ownerUrl, change);
    expect(await altered(database), change).toContain(name);
    const { finding } = await verifyAsCommand(database);
    expect(finding, change).toMatchObject({ kind: 'altered object' });
    await execute(database.ownerUrl, undo);
    expect(await altered(database), undo).toEqual([]);
  }
});

test.each(['audit_refuse_change', 'audit_refuse_event_change', 'audit_note'])(
  'a function of a trigger that was emptied is named: %s',
  async (name) => {
    database = await freshDatabase();
    await sealedLog(database, 20, 1);
    await execute(
      database.ownerUrl,
      `CREATE OR REPLACE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql ${name === 'audit_note' ? 'SECURITY DEFINER SET search_path = pg_catalog, pg_temp' : ''} AS 'BEGIN RETURN OLD; END'`,
      `SET golive.audit_maintenance = 'on'`,
    );
    expect(await altered(database)).toEqual([`${name}()`]);
    expect((await verifyAsCommand(database)).finding?.detail).toContain(`${name}()`);
  },
);

test('a partition with rows that the log never took is named when it stands in another schema', async () => {
  database = await freshDatabase();
  await sealedLog(database, 20, 1);
  await execute(database.ownerUrl, 'CREATE SCHEMA aside', 'ALTER TABLE "AuditEvent_default" SET SCHEMA aside');
  expect(await altered(database)).toContain('AuditEvent_default');
});

test('a function of PostgreSQL that a superuser replaced is not believed, since the verifier hashes itself', async () => {
  database = await freshDatabase();
  await sealedLog(database, 20, 1);
  await execute(
    database.superuserUrl,
    `CREATE OR REPLACE FUNCTION pg_catalog.sha256(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT pg_catalog.substr($1, 1, 32)'`,
    `SET golive.audit_maintenance = 'on'`,
    'ALTER TABLE "AuditEvent" DISABLE TRIGGER USER',
    EDIT,
    'ALTER TABLE "AuditEvent" ENABLE TRIGGER USER',
  );
  expect(await altered(database)).toEqual(['sha256(bytea)']);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'altered object' } });
});
