import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { verificationState } from '#lib/audit/verification/state.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { sealedLog, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

let database: TestDatabase;

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  await sealedLog(database);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 40n, events: 40 });
});
afterEach(() => database[Symbol.asyncDispose]());

const DENIED = /permission denied|must be owner|append-only/;

// As the app role: refused by the database.
test.each([
  ['an update', `UPDATE "AuditEvent" SET "reason" = 'x'`],
  ['a delete', `DELETE FROM "AuditEvent"`],
  ['a truncate', `TRUNCATE "AuditEvent"`],
  [
    'an upsert',
    `INSERT INTO "AuditEvent" SELECT * FROM "AuditEvent" LIMIT 1 ON CONFLICT ("id", "createdAt") DO UPDATE SET "reason" = 'x'`,
  ],
  ['disabling a trigger', `ALTER TABLE "AuditEvent" DISABLE TRIGGER ALL`],
  ['dropping a trigger', `DROP TRIGGER audit_no_change ON "AuditEvent"`],
  [
    'replacing the trigger function',
    `CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'`,
  ],
  ['dropping a partition', `DROP TABLE "AuditEvent_default"`],
  ['detaching a partition', `ALTER TABLE "AuditEvent" DETACH PARTITION "AuditEvent_default"`],
  ['claiming maintenance', `SET golive.audit_maintenance = 'on'; DELETE FROM "AuditEvent"`],
  ['taking away a note', `DELETE FROM "AuditPending"`],
  ['adding a note', `INSERT INTO "AuditPending" SELECT "eventId", "createdAt", "leaf" FROM "AuditChain"`],
  ['adding a leaf', `INSERT INTO "AuditChain" SELECT 99, "eventId", "createdAt", "leaf" FROM "AuditChain" LIMIT 1`],
  ['changing a leaf', `UPDATE "AuditChain" SET "leaf" = sha256("leaf")`],
  ['cutting the log', `DELETE FROM "AuditChain" WHERE "sequence" > 30`],
  ['adding a tile', `INSERT INTO "AuditTile" VALUES (0, 0, 'x', 'x')`],
  ['changing a tile', `UPDATE "AuditTile" SET "hashes" = 'x'`],
  ['building tiles', `SELECT audit_build_tiles(1)`],
  ['removing the checkpoints', `DELETE FROM "AuditCheckpoint"`],
  ['adding an anchor', `INSERT INTO "AuditAnchor" VALUES (40, 'x', now(), 'x', 'x')`],
  ['declaring events removed', `INSERT INTO "AuditTombstone" VALUES (1, 40, gen_random_uuid())`],
  ['lowering the floor of retention', `UPDATE "AuditPolicy" SET "floorDays" = 0`],
  ['releasing a hold', `UPDATE "AuditHold" SET "releasedAt" = now()`],
  ['replicating past the triggers', `SET session_replication_role = replica`],
])('the app role is denied %s', async (_, statement) => {
  await expect(execute(database.appUrl, statement)).rejects.toThrow(DENIED);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 40n });
});

test('the app role cannot pass an event off as an old one: it is sealed after everything that stands there', async () => {
  await writeEvents(database.appUrl, 1, {
    createdAt: `date_trunc('month', now()) + interval '5 minutes'`,
    id: `'019ab000-0000-7000-8000-0000000000ff'`,
  });
  await seal(database.db);
  const [link] = await database.db.auditChain.findMany({ where: { eventId: '019ab000-0000-7000-8000-0000000000ff' } });
  expect(link?.sequence).toBe(41n);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 41n });
});

test('a checkpoint that the app role made up counts for nothing and is counted, and stops no sealing and no next checkpoint', async () => {
  for (const size of [1, 40, 999_999_999])
    await execute(
      database.appUrl,
      `INSERT INTO "AuditCheckpoint" SELECT ${size}, 'deadbeefdeadbeef', now() + interval '1 year', "note" || '— golive/audit AAAAAAAA' || E'\n'
       FROM "AuditCheckpoint" LIMIT 1`,
    );
  const outcome = await verifyAsCommand(database);
  expect(outcome).toMatchObject({ ok: true });
  expect(outcome.ignored).toBeGreaterThan(0);
  await writeEvents(database.appUrl, 1, { createdAt: 'clock_timestamp()' });
  await seal(database.db, { checkpoint: 'always' });
  const sizes = await database.db.auditCheckpoint.findMany({ where: { keyId: { not: 'deadbeefdeadbeef' } } });
  expect(sizes.map(({ size }) => size)).toContain(41n);
});

test.each([
  ['a year ahead', `now() + interval '1 year'`, 'NULL'],
  ['above the head', 'now()', 'NULL'],
  ['with the signature of another', 'now()', `(SELECT "note" FROM "AuditVerification" WHERE "note" IS NOT NULL)`],
])('a record of verification that the app role made up counts for nothing: %s', async (_, at, note) => {
  expect(await verifyAsCommand(database, { record: true })).toMatchObject({ ok: true });
  await execute(
    database.appUrl,
    `INSERT INTO "AuditVerification" VALUES (gen_random_uuid(), ${at}, true, true, 999999999, NULL, ${note})`,
  );
  expect((await verificationState(database.db)).verifiedUpTo).toBe(40n);
  await sealedLog(database, 10, 1);
  expect(await verifyAsCommand(database, { full: false })).toMatchObject({ ok: true, sequence: 50n, events: 50 });
});

// As the owner without malice: the triggers still refuse.
test.each([
  `UPDATE "AuditEvent" SET "reason" = 'x'`,
  `DELETE FROM "AuditEvent"`,
  `TRUNCATE "AuditEvent"`,
  `DELETE FROM "AuditChain"`,
  `TRUNCATE "AuditChain"`,
  `TRUNCATE "AuditAnchor"`,
  `TRUNCATE "AuditCheckpoint"`,
  `TRUNCATE "AuditTile"`,
])('the owner’s slip is refused: %s', async (statement) => {
  await expect(execute(database.ownerUrl, statement)).rejects.toThrow(DENIED);
});
