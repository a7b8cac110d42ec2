import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import type { RetentionPolicy } from '#lib/audit/retention/policy.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { asOwner, SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);

let database: TestDatabase;

beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database[Symbol.asyncDispose]());

/**
 * Two old months of 1500 events and this one with 100, in a log whose partitions hold 1000 leaves; then a prune. Event 1200 has an action of
 * its own. @returns the first leaf that is left.
 */
async function prunedLog(longer: RetentionPolicy['longer'] = []): Promise<bigint | undefined> {
  await execute(
    database.ownerUrl,
    `CREATE OR REPLACE FUNCTION audit_chain_chunk() RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1000::bigint'`,
  );
  for (const [months, rows] of [6, 5, 0].map((months) => [months, months === 0 ? 100 : 1500] as const)) {
    await writeEvents(database.ownerUrl, rows, {
      createdAt: `date_trunc('month', now()) - interval '${months} months' + n * interval '1 second'`,
      action: `CASE WHEN n = 1200 AND ${months} = 6 THEN 'user.created' ELSE 'auth.sign_in' END`,
    });
    await ensurePartitions(database.db);
    await seal(database.db, { checkpoint: 'always' });
  }
  expect(await verifyAsCommand(database, { record: true })).toMatchObject({ ok: true, sequence: 3100n });
  const lock = new pg.Client({ connectionString: database.appUrl });
  await lock.connect();
  await prune(database.db, lock, { policy: { days: 100, longer }, key: signingKey({ NEXTAUTH_SECRET: SECRET }) });
  await lock.end();
  await seal(database.db, { checkpoint: 'always' });
  const [head] = await database.db.$queryRaw<{ first: bigint }[]>`SELECT min("sequence") AS first FROM "AuditChain"`;
  return head?.first;
}

test('the chain is cut where all events are removed, and what is left verifies, from the cut on and since the last run', async () => {
  expect(await prunedLog()).toBe(3000n);
  // What is left: this month, and an event for each month that the prune took.
  const events = await database.db.auditEvent.count();
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: BigInt(3000 + events), events });
  expect(await verifyAsCommand(database, { full: false })).toMatchObject({ ok: true, full: false });
});

test('an event that is kept longer holds its part of the chain, and is still proven', async () => {
  expect(await prunedLog([{ pattern: 'user.created', days: 3000 }])).toBe(1000n);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true, events: await database.db.auditEvent.count() });
  expect(await verifyAsCommand(database, { full: false })).toMatchObject({ ok: true });
  expect(await database.db.$queryRaw`SELECT audit_drop_chain_head() AS dropped`).toEqual([{ dropped: false }]);
  await asOwner(database, `UPDATE "AuditEvent" SET "reason" = 'x' WHERE "action" = 'user.created'`);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'changed', sequence: 1200n } });
});

test.each([
  ['leaves behind the cut', `DELETE FROM "AuditChain" WHERE "sequence" <= 3050`, 'truncated at the head'],
  ['the tile of the cut', `DELETE FROM "AuditTile" WHERE "level" = 0 AND "index" = 11`, 'truncated at the head'],
  ['a hash before the cut', `UPDATE "AuditTile" SET "hashes" = set_byte("hashes", 9, 0) WHERE "index" = 3`, 'changed'],
])('%s is missed when it goes', async (_, attack, kind) => {
  await prunedLog();
  await asOwner(database, attack);
  expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind } });
});
