import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { parseCheckpoint } from '#lib/audit/proof/checkpoint.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { writeEvents } from '../../support/audit.ts';
import { Bucket } from '../../support/bucket.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, sealedLog, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

let database: TestDatabase;
let bucket: Bucket;

beforeAll(() => {
  testEnvironment();
  vi.stubEnv('AUDIT_ANCHOR_BUCKET', 'vault');
});
afterAll(() => void vi.unstubAllEnvs());
beforeEach(async () => {
  bucket = new Bucket();
  for (const [name, value] of Object.entries(await bucket.open())) vi.stubEnv(name, value);
  database = await freshDatabase();
});
afterEach(async () => {
  bucket.close();
  await database[Symbol.asyncDispose]();
});

const shipped = () => ({ checkpoints: [...bucket.objects.values()].map(String), anchors: [] });

test('each checkpoint goes to the bucket under a lock of a year, and is what the table holds', async () => {
  await sealedLog(database, 40, 2);
  expect(bucket.locks).toEqual(
    ['20', '40'].map((sequence) => ({
      key: expect.stringMatching(`^/vault/checkpoints/0+${sequence}-[0-9a-f]{16}\\.txt$`) as string,
      mode: 'COMPLIANCE',
      days: 365,
    })),
  );
  const kept = await database.db.auditCheckpoint.findMany({ orderBy: { size: 'asc' } });
  expect(shipped().checkpoints).toEqual(kept.map(({ note }) => note));
  expect(await verifyAsCommand(database, { shipped: shipped() })).toMatchObject({ ok: true, sequence: 40n });
});

test('what the owner cuts off together with its checkpoints is missed by those of the bucket', async () => {
  await sealedLog(database, 40, 2);
  await asOwner(
    database,
    `DELETE FROM "AuditEvent" WHERE "id" IN (SELECT "eventId" FROM "AuditChain" WHERE "sequence" > 20)`,
    `DELETE FROM "AuditChain" WHERE "sequence" > 20`,
    `DELETE FROM "AuditCheckpoint" WHERE "size" > 20`,
  );
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
  expect(await verifyAsCommand(database, { shipped: shipped() })).toMatchObject({
    ok: false,
    finding: { kind: 'truncated at the tail', sequence: 40n },
  });
});

test('a bucket that refuses holds up no sealing, and the next checkpoint covers what it missed', async () => {
  bucket.refuse = true;
  await sealedLog(database, 20, 1);
  bucket.refuse = false;
  await writeEvents(database.ownerUrl, 5, { createdAt: 'clock_timestamp()' });
  await seal(database.db, { checkpoint: 'always' });
  expect(shipped().checkpoints.map((note) => parseCheckpoint(note)?.size)).toEqual([25]);
  expect(await verifyAsCommand(database, { shipped: shipped() })).toMatchObject({ ok: true, sequence: 25n });
});
