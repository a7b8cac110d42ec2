import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import type { FindingKind } from '#lib/audit/finding.ts';
import { seal } from '#lib/audit/seal.ts';
import type { ShippedAnchor } from '#lib/audit/anchor.ts';
import { signingKey, anchorText, signText } from '#lib/audit/signing.ts';
import { execute } from '../../../scripts/support/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, sealedLog, testEnvironment, verify } from '../../support/proof.ts';

let database: TestDatabase;

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  await sealedLog(database);
  expect(await verify(database)).toMatchObject({ ok: true, sequence: 40n, events: 40 });
});
afterEach(() => database[Symbol.asyncDispose]());

const MONTH = `(SELECT relid::regclass FROM pg_partition_tree('"AuditEvent"') WHERE isleaf ORDER BY relid::regclass::text LIMIT 1)`;
const EVENT_20 = `(SELECT "eventId" FROM "AuditChain" WHERE "sequence" = 20)`;
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
  expect(await verify(database)).toMatchObject({ ok: true, sequence: 40n });
});

test('the app role cannot pass an event off as an old one: it is sealed after everything that stands there', async () => {
  await writeEvents(database.appUrl, 1, {
    createdAt: `date_trunc('month', now()) + interval '5 minutes'`,
    id: `'019ab000-0000-7000-8000-0000000000ff'`,
  });
  await seal(database.db);
  const [link] = await database.db.auditChain.findMany({ where: { eventId: '019ab000-0000-7000-8000-0000000000ff' } });
  expect(link?.sequence).toBe(41n);
  expect(await verify(database)).toMatchObject({ ok: true, sequence: 41n });
});

test('an anchor that the app role made up is found out', async () => {
  await execute(
    database.appUrl,
    `INSERT INTO "AuditAnchor" SELECT 40, "hash", now(), 'deadbeefdeadbeef', "hash" FROM "AuditChain" WHERE "sequence" = 40`,
  );
  await expectFinding('forged anchor');
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

async function expectFinding(kind: FindingKind, place: { sequence?: bigint } = {}) {
  expect(await verify(database)).toMatchObject({ ok: false, finding: { kind, ...place } });
}

/** What an owner does who knows how the chain is made: hashes everything again from a position on. */
const RESEAL = `DO $$ DECLARE link record; previous bytea := sha256('golive audit chain 1'); BEGIN
  FOR link IN SELECT * FROM "AuditChain" ORDER BY "sequence" LOOP
    previous := sha256(previous || link."leaf");
    UPDATE "AuditChain" SET "hash" = previous WHERE "sequence" = link."sequence";
  END LOOP; END $$`;
const RELEAF = `UPDATE "AuditChain" c SET "leaf" = audit_leaf("id", e."createdAt", "action", "schemaVersion", "outcome", "actorType",
  "actorId", "actorLabel", "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId",
  "correlationId", "idempotencyKey", "reason", "metadata") FROM "AuditEvent" e WHERE e."id" = c."eventId"`;

// As the owner with malice, triggers disabled: found out by the verifier.
test('an edited event is found and named', async () => {
  await asOwner(database, `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`);
  await expectFinding('changed', { sequence: 20n });
});

test('a change in metadata alone is found', async () => {
  await asOwner(database, `UPDATE "AuditEvent" SET "metadata" = '{"method": "oidc"}' WHERE "id" = ${EVENT_20}`);
  await expectFinding('changed', { sequence: 20n });
});

test('a removed event is found', async () => {
  await asOwner(database, `DELETE FROM "AuditEvent" WHERE "id" = ${EVENT_20}`);
  await expectFinding('missing', { sequence: 20n });
});

test('a truncated log is found', async () => {
  await asOwner(database, `DELETE FROM "AuditEvent"`);
  await expectFinding('missing', { sequence: 1n });
});

test('a dropped partition is found', async () => {
  await asOwner(database, `DO $$ BEGIN EXECUTE format('DROP TABLE %s', ${MONTH}); END $$`);
  await expectFinding('missing', { sequence: 1n });
});

test('an event put into the past behind the triggers’ back is found', async () => {
  await asOwner(
    database,
    `INSERT INTO "AuditEvent" ("id", "createdAt", "action", "outcome", "actorType", "source")
    VALUES (gen_random_uuid(), date_trunc('month', now()) + interval '90 seconds', 'auth.sign_in', 'success', 'user', 'web')`,
  );
  await expectFinding('inserted');
});

test('an event that is edited together with its leaf is found at its link', async () => {
  await asOwner(database, `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`, RELEAF);
  await expectFinding('changed', { sequence: 20n });
});

test('an edit that is sealed anew to the very end contradicts the anchors', async () => {
  await asOwner(database, `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`, RELEAF, RESEAL);
  await expectFinding('forked', { sequence: 20n });
});

test('two links that change places are found', async () => {
  await asOwner(
    database,
    `UPDATE "AuditChain" SET "sequence" = CASE "sequence" WHEN 10 THEN 900 ELSE 10 END WHERE "sequence" = 10`,
    `UPDATE "AuditChain" SET "sequence" = 10 WHERE "sequence" = 11`,
    `UPDATE "AuditChain" SET "sequence" = 11 WHERE "sequence" = 900`,
  );
  await expectFinding('reordered', { sequence: 10n });
});

test('a cut at the head is found, with events and links gone alike', async () => {
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" <= 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" <= 20`,
  );
  await expectFinding('truncated at the head');
});

test('a cut at the head that declares itself a prune lacks the signature', async () => {
  await asOwner(
    database,
    `INSERT INTO "AuditTombstone" VALUES (1, 20, gen_random_uuid())`,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" <= 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" <= 20`,
  );
  await expectFinding('unproven removal');
});

test('a cut at the tail is found, with events and links gone alike', async () => {
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 35)`,
    `DELETE FROM "AuditChain" WHERE "sequence" > 35`,
  );
  await expectFinding('truncated at the tail');
});

test('a cut at the tail that takes the anchors along is found by an anchor kept elsewhere', async () => {
  const anchor = await database.db.auditAnchor.findFirstOrThrow({ orderBy: { sequence: 'desc' } });
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  const shipped: ShippedAnchor = {
    sequence: String(anchor.sequence),
    hash: hex(anchor.hash),
    at: anchor.at.toISOString(),
    keyId: anchor.keyId,
    signature: hex(anchor.signature),
  };
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" > 20`,
    `DELETE FROM "AuditAnchor" WHERE "sequence" > 20`,
  );
  expect(await verify(database, { shipped: [shipped] })).toMatchObject({
    ok: false,
    finding: { kind: 'truncated at the tail', sequence: 40n },
  });
});

test('anchors replaced by those of another key are found', async () => {
  const stranger = signingKey({ NEXTAUTH_SECRET: 'another secret, another secret, another' });
  const last = await database.db.auditChain.findUniqueOrThrow({ where: { sequence: 40n } });
  const at = new Date();
  const signature = signText(stranger, anchorText(40n, last.hash, at)).toString('hex');
  await asOwner(
    database,
    `DELETE FROM "AuditAnchor"`,
    `INSERT INTO "AuditAnchor" SELECT 40, "hash", '${at.toISOString()}', '${stranger.id}', '\\x${signature}' FROM "AuditChain" WHERE "sequence" = 40`,
  );
  await expectFinding('forged anchor');
});

test('a chain without its anchors is not believed', async () => {
  await asOwner(database, `DELETE FROM "AuditAnchor"`);
  await expectFinding('truncated at the tail');
});

test('a function of the database that would vouch for itself is not asked', async () => {
  await asOwner(
    database,
    `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`,
    RELEAF,
    `CREATE OR REPLACE FUNCTION audit_chain_step(state bytea, leaf bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT state'`,
    `CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT $1'`,
  );
  await expectFinding('changed', { sequence: 20n });
});
