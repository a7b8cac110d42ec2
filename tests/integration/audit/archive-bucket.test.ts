import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { restoreArchive } from '#lib/audit/retention/archive-restore.ts';
import type { Manifest } from '#lib/audit/export/manifest.ts';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { writeEvents } from '../../support/audit.ts';
import { Bucket } from '../../support/bucket.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { keys, SECRET, testEnvironment } from '../../support/audit-proof.ts';

let database: TestDatabase;
let lock: pg.Client;
let bucket: Bucket;

beforeAll(testEnvironment);

beforeEach(async () => {
  bucket = new Bucket();
  for (const [name, value] of Object.entries(await bucket.open())) vi.stubEnv(name, value);
  database = await freshDatabase();
  lock = new pg.Client({ connectionString: database.appUrl });
  await lock.connect();
  await writeEvents(database.ownerUrl, 60, {
    createdAt: `date_trunc('month', now()) - interval '6 months' + n * interval '1 minute'`,
  });
  await ensurePartitions(database.db);
  await seal(database.db, { checkpoint: 'always' });
});

afterEach(async () => {
  vi.unstubAllEnvs();
  bucket.close();
  await lock.end();
  await database[Symbol.asyncDispose]();
});

const run = () =>
  prune(database.db, lock, {
    policy: { days: 100, longer: [] },
    key: signingKey({ NEXTAUTH_SECRET: SECRET }),
    archiveDir: 's3://vault/archives/',
  });
const old = { createdAt: { lt: new Date(Date.now() - 100 * 864e5) } };
const oldEvents = () => database.db.auditEvent.findMany({ where: old, orderBy: { id: 'asc' } });

test('an archive goes to the bucket locked, its manifest last, is named by the prune’s event, and comes back whole', async () => {
  const before = await oldEvents();
  const { archives, removed } = await run();
  expect(removed).toBe(60);
  expect(archives).toEqual([expect.stringMatching(/^s3:\/\/vault\/archives\/AuditEvent_\d{4}_\d\d-\w+\.ndjson\.gz$/)]);
  const address = archives[0] ?? '';
  const key = address.replace('s3:/', '');
  expect(bucket.locks).toEqual(
    [key, `${key}.manifest.json`].map((name) => ({ key: name, mode: 'COMPLIANCE', days: 365 })),
  );
  const [event] = await database.db.auditEvent.findMany({
    where: { action: 'audit.pruned', metadata: { path: ['rows'], equals: 60 } },
  });
  expect(event?.metadata).toMatchObject({ archive: address });
  expect(await oldEvents()).toEqual([]);

  const folder = await mkdtemp(join(tmpdir(), 'golive-fetched-'));
  for (const [name, content] of bucket.objects) await writeFile(join(folder, basename(name)), content);
  const manifest = JSON.parse(String(bucket.objects.get(`${key}.manifest.json`))) as Manifest;
  const restored = await restoreArchive(database.db, keys(), join(folder, basename(key)), manifest);
  expect(restored).toEqual({ ok: true, value: { restored: 60 } });
  expect(await oldEvents()).toEqual(before);
  await rm(folder, { recursive: true });
});

test('nothing is removed when the bucket refuses the archive', async () => {
  bucket.refuse = true;
  // The client of AWS says there that it will not send a stream twice.
  using warned = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  await expect(run()).rejects.toThrow();
  expect(warned).toHaveBeenCalled();
  expect(await oldEvents()).toHaveLength(60);
});

test('nothing is removed when the bucket gives back other than it took', async () => {
  bucket.faded = (content) => content.subarray(0, -1);
  await expect(run()).rejects.toThrow('is not what was uploaded');
  expect(await oldEvents()).toHaveLength(60);
});
