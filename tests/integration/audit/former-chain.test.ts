import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leafOf } from '#lib/audit/proof/canonical.ts';
import { parseCheckpoint } from '#lib/audit/proof/checkpoint.ts';
import { anchorText } from '#lib/audit/verification/linear-chain.ts';
import { GrowingTree, leafHash } from '#lib/audit/proof/merkle.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey, signText } from '#lib/audit/proof/signing.ts';
import { openClient } from '#lib/db/client.ts';
import { openDb, type Db } from '#lib/db.ts';
import { applyRepeatableMigrations } from '#lib/db/migrations/repeatable-migrations.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

/** A log of the release before the tree: events in a linear chain with two anchors, and one that is noted but not sealed. */
const CHAINED = 600;
const ANCHORED = [250, CHAINED];

let database: TestDatabase;
let db: Db;
const digests: Buffer[] = [];
const log = () => verifyAsCommand({ appUrl: database.ownerUrl });

beforeAll(async () => {
  testEnvironment();
  database = await freshDatabase({ migrated: false });
  db = openDb(database.ownerUrl, { max: 2 });
  const migrations = (await readdir('prisma/migrations')).filter((name) => /^\d/.test(name)).sort();
  const sql = (name: string) => readFile(`prisma/migrations/${name}/migration.sql`, 'utf8');
  for (const name of migrations.filter((one) => one < '20261127')) await execute(database.ownerUrl, await sql(name));
  await writeFormerLog();
  for (const name of migrations.filter((one) => one >= '20261127')) await execute(database.ownerUrl, await sql(name));
  const owner = await openClient(database.ownerUrl);
  await applyRepeatableMigrations(owner, 'prisma/postgres');
  await owner.end();
  // As the sealer of that release made it with its partition.
  await execute(
    database.ownerUrl,
    'CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON "AuditChain_0" FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse_change()',
  );
});
afterAll(async () => {
  await db.$disconnect();
  await database[Symbol.asyncDispose]();
});

async function writeFormerLog(): Promise<void> {
  await writeEvents(database.ownerUrl, CHAINED + 1);
  const events = await db.auditEvent.findMany({ orderBy: { createdAt: 'asc' }, omit: { salts: true } });
  digests.push(...events.map((event) => leafOf(event, 1)));
  const key = signingKey({ NEXTAUTH_SECRET: SECRET });
  const hex = (bytes: Uint8Array) => `'\\x${Buffer.from(bytes).toString('hex')}'`;
  let link = createHash('sha256').update('golive audit chain 1').digest();
  const links: string[] = [];
  const anchors: string[] = [];
  for (const [index, event] of events.slice(0, CHAINED).entries()) {
    const digest = digests[index] as Buffer;
    link = createHash('sha256').update(link).update(digest).digest();
    const sequence = index + 1;
    links.push(`(${sequence}, '${event.id}', '${event.createdAt.toISOString()}', ${hex(digest)}, ${hex(link)})`);
    const at = new Date('2026-02-01T00:00:00Z');
    const signature = signText(key, anchorText(sequence, link, at));
    if (ANCHORED.includes(sequence))
      anchors.push(`(${sequence}, ${hex(link)}, '${at.toISOString()}', '${key.id}', ${hex(signature)})`);
  }
  const noted = events[CHAINED];
  await execute(
    database.ownerUrl,
    `CREATE TABLE "AuditChain_0" PARTITION OF "AuditChain" FOR VALUES FROM (0) TO (1000000)`,
    `INSERT INTO "AuditChain" ("sequence", "eventId", "createdAt", "leaf", "hash") VALUES ${links.join(', ')}`,
    `INSERT INTO "AuditAnchor" VALUES ${anchors.join(', ')}`,
    `INSERT INTO "AuditPending" VALUES ('${noted?.id}', '${noted?.createdAt.toISOString()}', ${hex(digests[CHAINED] as Buffer)})`,
  );
}

test('a log with a linear chain is carried over: its leaves become the first of the tree, and its anchors are checked', async () => {
  await writeEvents(database.ownerUrl, 20, { createdAt: 'clock_timestamp()' });
  expect(await log(), 'before anything was sealed anew').toMatchObject({
    ok: true,
    events: CHAINED + 21,
    checkpoints: 2,
  });
  expect(await seal(db, { checkpoint: 'always' })).toMatchObject({ sealed: 21 });
  expect(await log()).toMatchObject({ ok: true, sequence: BigInt(CHAINED + 21), checkpoints: 3 });
  const rows = await db.auditChain.findMany({ orderBy: { sequence: 'asc' } });
  expect(rows.slice(0, CHAINED + 1).map(({ leaf }) => Buffer.from(leaf))).toEqual(digests);
  const tree = new GrowingTree();
  for (const { form, leaf } of rows) tree.append(form === 1 ? leafHash(leaf) : Buffer.from(leaf));
  const { note } = await db.auditCheckpoint.findFirstOrThrow();
  expect(parseCheckpoint(note)).toMatchObject({ size: CHAINED + 21, root: tree.root() });
  expect(rows.filter(({ form }) => form === 1)).toHaveLength(CHAINED + 1);
});

test.each([
  [
    'a leaf and its tile',
    `UPDATE "AuditChain" SET "leaf" = sha256("leaf") WHERE "sequence" = 100; DELETE FROM "AuditTile"; DELETE FROM "AuditCheckpoint"; SELECT audit_build_tiles(1000)`,
    /changed|forked/,
  ],
  ['the hash of an anchor', `UPDATE "AuditAnchor" SET "hash" = sha256("hash") WHERE "sequence" = 250`, /forged anchor/],
  [
    'everything behind an anchor',
    `DELETE FROM "AuditCheckpoint"; DELETE FROM "AuditTile"; DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 580); DELETE FROM "AuditChain" WHERE "sequence" > 580`,
    /truncated at the tail/,
  ],
])('what the linear chain proved is still proven: %s', async (_, attack, kind) => {
  const switchTriggers = (how: string) =>
    ['AuditEvent', 'AuditChain', 'AuditTile', 'AuditCheckpoint', 'AuditAnchor'].map(
      (table) => `ALTER TABLE "${table}" ${how} TRIGGER USER`,
    );
  await execute(
    database.ownerUrl,
    `SET golive.audit_maintenance = 'on'`,
    ...switchTriggers('DISABLE'),
    'BEGIN',
    ...attack.split('; '),
    'COMMIT',
    ...switchTriggers('ENABLE'),
  );
  const outcome = await log();
  expect(outcome.ok).toBe(false);
  expect(outcome.finding?.kind).toMatch(kind);
});
