import { mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune, type PruneOptions } from '#lib/audit/retention/prune.ts';
import { planPrune, type RetentionPolicy } from '#lib/audit/retention/policy.ts';
import { restoreArchive } from '#lib/audit/retention/archive-restore.ts';
import type { Manifest } from '#lib/audit/export/manifest.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { readFile } from 'node:fs/promises';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, keys, SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

let database: TestDatabase;
let lock: pg.Client;

beforeAll(testEnvironment);

/** 60 events in each of the months 6 and 5 back and in this one; every sixth of the old ones is a `user.created`. */
beforeEach(async () => {
  database = await freshDatabase();
  lock = new pg.Client({ connectionString: database.appUrl });
  await lock.connect();
  for (const months of [6, 5, 0])
    await writeEvents(database.ownerUrl, 60, {
      createdAt: `date_trunc('month', now()) - interval '${months} months' + n * interval '1 minute'`,
      action: `CASE WHEN n % 6 = 0 THEN 'user.created' ELSE 'auth.sign_in' END`,
    });
  await ensurePartitions(database.db);
  await seal(database.db, { checkpoint: 'always' });
});

afterEach(async () => {
  await lock.end();
  await database[Symbol.asyncDispose]();
});

const KEEP_100_DAYS: RetentionPolicy = { days: 100, longer: [] };
const KEEP_PEOPLE: RetentionPolicy = { days: 100, longer: [{ pattern: 'user.*', days: 3000 }] };

const run = (options: Partial<PruneOptions> = {}) =>
  prune(database.db, lock, { policy: KEEP_100_DAYS, key: signingKey({ NEXTAUTH_SECRET: SECRET }), ...options });

const events = (where: object = {}) => database.db.auditEvent.count({ where });

/** The month so many months back, as a partition. */
function monthName(back: number): string {
  const now = new Date();
  const date = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - back, 1));
  return `AuditEvent_${date.toISOString().slice(0, 7).replace('-', '_')}`;
}

test('a dry run says what a prune then does; whole months are dropped, the prune is an event, and the log still verifies', async () => {
  const plan = await planPrune(database.db, KEEP_100_DAYS);
  expect(plan.filter(({ rows }) => rows > 0)).toMatchObject([
    { partition: monthName(6), whole: true, rows: 60, kept: 0 },
    { partition: monthName(5), whole: true, rows: 60, kept: 0 },
  ]);
  expect(await events()).toBe(180);
  const outcome = await run();
  expect(outcome).toMatchObject({ busy: false, removed: 120 });
  expect(outcome.dropped).toContain(monthName(6));
  expect(await events({ action: { not: 'audit.pruned' } })).toBe(60);
  expect(await events({ action: 'audit.pruned', targetId: monthName(5) })).toBe(1);
  await seal(database.db, { checkpoint: 'always' });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
  expect(await planPrune(database.db, KEEP_100_DAYS)).toEqual([]);
});

test('what an action keeps longer stays, the rest of its month goes in batches, and the log still verifies', async () => {
  expect(await run({ policy: KEEP_PEOPLE })).toMatchObject({ removed: 100 });
  expect(await events({ action: 'user.created' })).toBe(30);
  expect(await events({ action: 'auth.sign_in' })).toBe(50);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
});

test('a legal hold stands above the policy until it is released', async () => {
  await execute(
    database.ownerUrl,
    `INSERT INTO "AuditHold" ("id", "reason", "actorId") VALUES (gen_random_uuid(), 'case 7', 'user-7')`,
  );
  const held = await events({ actorId: 'user-7' });
  await run();
  expect(await events({ actorId: 'user-7' })).toBe(held);
  await execute(database.ownerUrl, `UPDATE "AuditHold" SET "releasedAt" = now()`);
  await run();
  expect(await events({ actorId: 'user-7' })).toBe(1);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
});

test('a log that is too big loses its oldest months, but never what is younger than the floor', async () => {
  const outcome = await run({ policy: { days: 3650, longer: [], maxBytes: 1 } });
  expect(outcome.dropped).toEqual(expect.arrayContaining([monthName(6), monthName(5)]));
  expect(await events({ action: { not: 'audit.pruned' } })).toBe(60);
});

test('two prunes exclude each other, and an interrupted one is continued by the next', async () => {
  const stop = new AbortController();
  const options = { policy: KEEP_PEOPLE, signal: stop.signal, onBatch: () => stop.abort() };
  const second = new pg.Client({ connectionString: database.appUrl });
  await second.connect();
  await second.query('SELECT pg_advisory_lock(7305014)');
  expect(await run(options)).toMatchObject({ busy: true, removed: 0 });
  await second.end();
  expect(await run(options)).toMatchObject({ busy: false, removed: 50 });
  expect(await run({ policy: KEEP_PEOPLE })).toMatchObject({ removed: 50 });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
});

test('events are removed only after their archive was verified, and the archive can be restored', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'golive-archive-'));
  const before = await database.db.auditEvent.findMany({
    where: { createdAt: { lt: new Date(Date.now() - 100 * 864e5) } },
    orderBy: { id: 'asc' },
  });
  const outcome = await run({ archiveDir: dir });
  const archives = outcome.archives;
  expect(archives).toHaveLength(2);
  for (const name of await readdir(dir)) expect((await stat(join(dir, name))).mode & 0o777, name).toBe(0o600);
  const manifestOf = async (file: string) => JSON.parse(await readFile(`${file}.manifest.json`, 'utf8')) as Manifest;
  for (const file of archives) {
    const restored = await restoreArchive(database.db, keys(), file, await manifestOf(file));
    expect(restored).toEqual({ ok: true, value: { restored: 60 } });
  }
  const after = await database.db.auditEvent.findMany({
    where: { createdAt: { lt: new Date(Date.now() - 100 * 864e5) } },
    orderBy: { id: 'asc' },
  });
  expect(after).toEqual(before);
  await seal(database.db, { checkpoint: 'always' });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
  const damaged = archives[0] ?? '';
  await truncate(damaged, 500);
  await expect(restoreArchive(database.db, keys(), damaged, await manifestOf(damaged))).rejects.toThrow();
  expect(await readdir(dir)).not.toContain(expect.stringContaining('.partial'));
  await rm(dir, { recursive: true });
});

test('an archive that cannot be written stops the prune before anything is removed', async () => {
  await expect(run({ archiveDir: join(import.meta.filename, 'no-folder') })).rejects.toThrow();
  expect(await events()).toBe(180);
});

const drop = (name: string, archive = 'NULL') =>
  `SELECT * FROM audit_drop_partition(${name}, gen_random_uuid(), ${archive})`;
const remove = (where: string) =>
  `SELECT (audit_delete_events(array_agg("id"), array_agg("createdAt"), gen_random_uuid(), NULL)).removed FROM "AuditEvent" WHERE ${where}`;

test('the app role cannot have removed what is too young, unsealed, unarchived or held, whatever it asks for', async () => {
  await writeEvents(database.appUrl, 1, { createdAt: 'now()' });
  await seal(database.db);
  await expect(execute(database.appUrl, drop(`'${monthName(0)}'`))).rejects.toThrow(/younger than 30 days/);
  await expect(execute(database.appUrl, remove(`"createdAt" > now() - interval '29 days'`))).rejects.toThrow(
    /younger than 30 days/,
  );
  await expect(execute(database.appUrl, drop(`'AuditEvent_default'`))).rejects.toThrow(/not a month/);
  await expect(execute(database.appUrl, drop(`'User'`))).rejects.toThrow(/not a month/);
  await execute(database.ownerUrl, `UPDATE "AuditPolicy" SET "archiveRequired" = true`);
  await expect(execute(database.appUrl, drop(`'${monthName(6)}'`))).rejects.toThrow(/not archived/);
  await execute(database.ownerUrl, `UPDATE "AuditPolicy" SET "archiveRequired" = false`);
  await writeEvents(database.appUrl, 1, { createdAt: `date_trunc('month', now()) - interval '6 months'` });
  await expect(execute(database.appUrl, drop(`'${monthName(6)}'`))).rejects.toThrow(/not sealed/);
  await seal(database.db);
  await execute(
    database.ownerUrl,
    `INSERT INTO "AuditHold" ("id", "reason", "actorId") VALUES (gen_random_uuid(), 'case 7', 'user-7')`,
  );
  await expect(execute(database.appUrl, drop(`'${monthName(6)}'`))).rejects.toThrow(/legal hold/);
  await execute(database.appUrl, remove(`"createdAt" < now() - interval '60 days' AND "actorId" = 'user-7'`));
  expect(await events({ actorId: 'user-7' })).toBe(3);
});

test('a removal that the app role commands without the signing key is found out', async () => {
  await execute(database.appUrl, drop(`'${monthName(6)}'`));
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'unproven removal' } });
});

test('a record of a removal cannot be stretched over more events than it was signed for', async () => {
  await run();
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" = (SELECT "eventId" FROM "AuditChain" WHERE "sequence" = 150)`,
    `INSERT INTO "AuditTombstone" SELECT 150, 150, "id" FROM "AuditPrune" LIMIT 1`,
  );
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'unproven removal' } });
});
