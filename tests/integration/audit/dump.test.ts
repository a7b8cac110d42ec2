import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openDb, type Db } from '#lib/db.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';
import { haveTool } from '../../support/required-tools.ts';
import { migrateEnvironment, releaseCluster, run, scratch, type ReleaseCluster } from '../release/release-cluster.ts';

const tools = haveTool('pg_dump', 'the proof of the audit log survives a dump and a restore');
let server: ReleaseCluster;
let dir: string;

beforeAll(async () => {
  testEnvironment();
  server = await releaseCluster();
  dir = await scratch('dump');
  await server.create('source');
  const migrated = await run('npm', ['run', 'db:migrate:prod'], migrateEnvironment(server, 'source'));
  expect(migrated.code, migrated.out).toBe(0);
});

afterAll(async () => {
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** Sealed events, tombstones of a whole month and of single rows, a verification on record, and one note that is still pending. */
async function fill(db: Db): Promise<void> {
  for (const months of [6, 5, 0])
    await writeEvents(server.owner('source'), 60, {
      createdAt: `date_trunc('month', now()) - interval '${months} months' + n * interval '1 second'`,
      action: months === 5 ? `CASE WHEN n % 6 = 0 THEN 'user.created' ELSE 'auth.sign_in' END` : `'auth.sign_in'`,
      metadata: `jsonb_build_object('n', n, 'text', 'ünïcode "quoted"', 'deep', jsonb_build_object('b', 1.50, 'a', null))`,
    });
  await ensurePartitions(db);
  await seal(db, { checkpoint: 'always' });
  const lock = new pg.Client({ connectionString: server.app('source') });
  await lock.connect();
  const policy = { days: 100, longer: [{ pattern: 'user.*', days: 3000 }] };
  expect(await prune(db, lock, { policy, key: signingKey({ NEXTAUTH_SECRET: SECRET }) })).toMatchObject({
    removed: 110,
  });
  await lock.end();
  await seal(db, { checkpoint: 'always' });
  expect(await verifyAsCommand({ appUrl: server.app('source') }, { record: true })).toMatchObject({ ok: true });
  await writeEvents(server.owner('source'), 1, { createdAt: 'now()' });
}

async function copy(name: string): Promise<void> {
  const file = join(dir, `${name}.dump`);
  await server.create(name);
  const dumped = await run('pg_dump', ['--format=custom', `--file=${file}`, server.owner('source')]);
  expect(dumped.code, dumped.out).toBe(0);
  const restored = await run('pg_restore', ['--no-owner', '--exit-on-error', `--dbname=${server.owner(name)}`, file]);
  expect(restored.code, restored.out).toBe(0);
}

test.runIf(tools)(
  'the log verifies after a dump and a restore, goes on there, and still notices a change',
  async () => {
    const source = openDb(server.app('source'), { max: 2 });
    await fill(source);
    await source.$disconnect();
    await copy('copy');
    const database = { appUrl: server.app('copy') };
    const before = await verifyAsCommand({ appUrl: server.app('source') });
    expect(before).toMatchObject({ ok: true });
    expect(await verifyAsCommand(database)).toEqual(before);
    expect(await verifyAsCommand(database, { full: false })).toMatchObject({ ok: true, full: false });

    const db = openDb(server.app('copy'), { max: 2 });
    await writeEvents(server.owner('copy'), 5, { createdAt: 'clock_timestamp()' });
    expect(await seal(db, { checkpoint: 'always' })).toMatchObject({ sealed: 6 });
    await db.$disconnect();
    expect(await verifyAsCommand(database)).toMatchObject({ ok: true, sequence: before.sequence + 6n });

    await execute(
      server.owner('copy'),
      `ALTER TABLE "AuditEvent" DISABLE TRIGGER USER`,
      `UPDATE "AuditEvent" SET "outcome" = 'denied' WHERE "id" = (SELECT "id" FROM "AuditEvent" WHERE "action" = 'user.created' LIMIT 1)`,
      `ALTER TABLE "AuditEvent" ENABLE TRIGGER USER`,
    );
    expect(await verifyAsCommand(database)).toMatchObject({ ok: false, finding: { kind: 'changed' } });
  },
);
