import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
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
  [
    'adding a link',
    `INSERT INTO "AuditChain" SELECT 99, "eventId", "createdAt", "leaf", "hash" FROM "AuditChain" LIMIT 1`,
  ],
  ['changing a link', `UPDATE "AuditChain" SET "leaf" = "hash"`],
  ['cutting the chain', `DELETE FROM "AuditChain" WHERE "sequence" > 30`],
  ['removing the anchors', `DELETE FROM "AuditAnchor"`],
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

test('an anchor that the app role made up is found out', async () => {
  await execute(
    database.appUrl,
    `INSERT INTO "AuditAnchor" SELECT 40, "hash", now(), 'deadbeefdeadbeef', "hash" FROM "AuditChain" WHERE "sequence" = 40`,
  );
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'forged anchor' } });
});

// As the owner without malice: the triggers still refuse.
test.each([
  `UPDATE "AuditEvent" SET "reason" = 'x'`,
  `DELETE FROM "AuditEvent"`,
  `TRUNCATE "AuditEvent"`,
  `DELETE FROM "AuditChain"`,
  `TRUNCATE "AuditChain"`,
  `TRUNCATE "AuditAnchor"`,
])('the owner’s slip is refused: %s', async (statement) => {
  await expect(execute(database.ownerUrl, statement)).rejects.toThrow(DENIED);
});
