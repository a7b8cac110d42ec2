import { beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import type { VerificationFindingKind } from '#lib/audit/verification/finding.ts';
import { signCheckpoint } from '#lib/audit/proof/checkpoint.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, sealedLog, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

/** As the owner with malice, triggers disabled: nothing is refused, and the verifier finds it out. */
let database: TestDatabase;

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  await sealedLog(database);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: 40n, events: 40 });
});
afterEach(() => database[Symbol.asyncDispose]());

const EVENT_20 = `(SELECT "eventId" FROM "AuditChain" WHERE "sequence" = 20)`;
const MONTH = `(SELECT tableoid::regclass FROM "AuditEvent" ORDER BY "createdAt" LIMIT 1)`;

async function expectFinding(
  kind: VerificationFindingKind,
  place: { sequence?: bigint } = {},
  options: { batchSize?: number } = {},
) {
  expect(await verifyAsCommand(database, options)).toMatchObject({ ok: false, finding: { kind, ...place } });
}

const RELEAF = `UPDATE "AuditChain" c SET "leaf" = audit_leaf("id", e."createdAt", "action", "schemaVersion", "outcome", "actorType",
  "actorId", "actorLabel", "actorRole", "targetType", "targetId", "targetLabel", "source", "ip", "userAgent", "requestId",
  "correlationId", "idempotencyKey", "reason", "metadata", "salts") FROM "AuditEvent" e WHERE e."id" = c."eventId"`;

test('an edited event is reported', async () => {
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

test.each(['infinity', '-infinity'])(
  'an event that goes while its link is moved to %s, out of every stretch of time, is missed',
  async (time) => {
    await asOwner(
      database,
      `DELETE FROM "AuditEvent" WHERE "id" = ${EVENT_20}`,
      `UPDATE "AuditChain" SET "createdAt" = '${time}' WHERE "sequence" = 20`,
    );
    await expectFinding('missing', { sequence: 20n });
  },
);

test.each(['infinity', '-infinity'])('an event put to %s behind the triggers’ back is found', async (time) => {
  await asOwner(
    database,
    `INSERT INTO "AuditEvent" ("id", "createdAt", "action", "outcome", "actorType", "source")
    VALUES (gen_random_uuid(), '${time}', 'auth.sign_in', 'success', 'user', 'web')`,
  );
  await expectFinding('inserted');
});

// Work is cut into windows and shared by connections: where two of them meet, nothing may slip through.
test.each([9, 10, 11, 20, 21, 30, 31])('an event that goes beside the edge of a window is missed: %i', async (n) => {
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" = (SELECT "eventId" FROM "AuditChain" WHERE "sequence" = ${n})`,
  );
  await expectFinding('missing', { sequence: BigInt(n) }, { batchSize: 10 });
});

test.each([10, 11, 30, 31])('a leaf that goes beside the edge of a window is missed: %i', async (n) => {
  await asOwner(database, `DELETE FROM "AuditChain" WHERE "sequence" = ${n}`);
  await expectFinding('missing', { sequence: BigInt(n) }, { batchSize: 10 });
});

test.each([10, 11, 20, 31])('a leaf that is changed beside the edge of a window is found: %i', async (n) => {
  await asOwner(database, `UPDATE "AuditChain" SET "leaf" = sha256("leaf") WHERE "sequence" = ${n}`);
  // Below a full tile nothing but the next checkpoint tells what the leaf was; the event does.
  await expectFinding('changed', { sequence: BigInt(n) }, { batchSize: 10 });
});

test('of several faults the first is named, whichever connection comes upon one first', async () => {
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 4)`,
  );
  for (let times = 0; times < 5; times++) await expectFinding('missing', { sequence: 5n }, { batchSize: 3 });
});

test('an event that is edited together with its leaf contradicts the next checkpoint', async () => {
  await asOwner(database, `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`, RELEAF);
  await expectFinding('forked', { sequence: 20n });
});

test('two leaves that change places are found', async () => {
  await asOwner(
    database,
    `UPDATE "AuditChain" SET "sequence" = CASE "sequence" WHEN 10 THEN 900 ELSE 10 END WHERE "sequence" = 10`,
    `UPDATE "AuditChain" SET "sequence" = 10 WHERE "sequence" = 11`,
    `UPDATE "AuditChain" SET "sequence" = 11 WHERE "sequence" = 900`,
  );
  await expectFinding('forked', { sequence: 20n });
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

test('a cut at the tail that takes the checkpoints along is found by one that was kept elsewhere', async () => {
  const { note } = await database.db.auditCheckpoint.findFirstOrThrow({ orderBy: { size: 'desc' } });
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" > 20`,
    `DELETE FROM "AuditCheckpoint" WHERE "size" > 20`,
  );
  expect(await verifyAsCommand(database, { shipped: { checkpoints: [note], anchors: [] } })).toMatchObject({
    ok: false,
    finding: { kind: 'truncated at the tail', sequence: 40n },
  });
});

test('a cut at the tail that takes all checkpoints along is found by the signed record of a run that went further', async () => {
  expect(await verifyAsCommand(database, { record: true })).toMatchObject({ ok: true });
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" > 20`,
    `DELETE FROM "AuditCheckpoint" WHERE "size" > 20`,
  );
  for (const full of [true, false])
    expect(await verifyAsCommand(database, { full })).toMatchObject({
      ok: false,
      finding: { kind: 'truncated at the tail', sequence: 40n },
    });
});

test('checkpoints kept elsewhere of which no known key has signed one are no check', async () => {
  const stranger = signingKey({ NEXTAUTH_SECRET: 'another secret, another secret, another' });
  const note = signCheckpoint(stranger, { size: 40, root: Buffer.alloc(32) });
  await expect(verifyAsCommand(database, { shipped: { checkpoints: [note], anchors: [] } })).rejects.toThrow(
    'signed by a known key',
  );
});

test('checkpoints replaced by those of another key count for nothing, and the log has none left', async () => {
  const stranger = signingKey({ NEXTAUTH_SECRET: 'another secret, another secret, another' });
  const note = signCheckpoint(stranger, { size: 40, root: Buffer.alloc(32) });
  await asOwner(
    database,
    `DELETE FROM "AuditCheckpoint"`,
    `INSERT INTO "AuditCheckpoint" VALUES (40, '${stranger.id}', now(), '${note}')`,
  );
  await expectFinding('truncated at the tail');
});

test('a log without its checkpoints is not believed', async () => {
  await asOwner(database, `DELETE FROM "AuditCheckpoint"`);
  await expectFinding('truncated at the tail');
});

test('nothing is signed over a log that no longer begins with what was signed', async () => {
  await asOwner(database, `UPDATE "AuditChain" SET "leaf" = sha256("leaf") WHERE "sequence" = 20`);
  await writeEvents(database.ownerUrl, 1, { createdAt: 'clock_timestamp()' });
  await expect(seal(database.db, { checkpoint: 'always' })).rejects.toThrow('no longer begins with the 40 events');
  expect(await database.db.auditCheckpoint.count()).toBe(2);
});

test('a function of the database that would vouch for itself is not asked', async () => {
  await asOwner(
    database,
    `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = ${EVENT_20}`,
    RELEAF,
    `CREATE OR REPLACE FUNCTION audit_tile_root(hashes bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT hashes'`,
    `CREATE FUNCTION public.sha256(bytea) RETURNS bytea LANGUAGE sql IMMUTABLE AS 'SELECT $1'`,
  );
  await expectFinding('altered object');
});
