import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { bareEnvironment } from '../../support/host.ts';

const run = promisify(execFile);
const RELEASE = {
  id: '20260105T090000Z-aaaaaaa',
  kind: 'rollback',
  of: '20260104T090000Z-aaaaaaa',
  commit: 'a'.repeat(40),
  verdict: 'succeeded',
  by: 'arn:aws:sts::123456789012:assumed-role/deploy/ci',
  migration: '20260101000000_init',
};

/** The command as the migrator's task runs it: with the two database URLs and nothing of the app's secrets. */
function record({ appUrl, ownerUrl }: TestDatabase, payload: unknown) {
  const env = bareEnvironment({ NODE_ENV: 'production', DATABASE_URL: appUrl, MIGRATE_DATABASE_URL: ownerUrl });
  return run(process.execPath, ['scripts/release/record.ts', JSON.stringify(payload)], { env });
}

test('a release stands in the audit log with who ran it, and only once however often it is recorded', async () => {
  await using database = await freshDatabase();
  expect((await record(database, RELEASE)).stdout).toBe('recorded\n');
  expect((await record(database, RELEASE)).stdout).toBe('was recorded before\n');
  const events = await database.db.auditEvent.findMany({ where: { action: 'release.recorded' } });
  expect(events).toHaveLength(1);
  expect(events[0]).toMatchObject({
    outcome: 'success',
    actorType: 'system',
    actorId: RELEASE.by,
    targetId: RELEASE.id,
    correlationId: RELEASE.id,
    source: 'cli',
    metadata: { kind: 'rollback', of: RELEASE.of, commit: RELEASE.commit, migration: RELEASE.migration },
  });
});

test('a failed release is a failure in the audit log', async () => {
  await using database = await freshDatabase();
  await record(database, { ...RELEASE, verdict: 'failed' });
  const event = await database.db.auditEvent.findFirstOrThrow({ where: { action: 'release.recorded' } });
  expect(event).toMatchObject({ outcome: 'failure', reason: 'rollout_failed' });
});

test('what is not a release is refused with its own exit code and writes nothing', async () => {
  await using database = await freshDatabase();
  await expect(record(database, { ...RELEASE, verdict: 'great' })).rejects.toMatchObject({ code: 2 });
  await expect(record(database, {})).rejects.toMatchObject({ code: 2 });
  expect(await database.db.auditEvent.count({ where: { action: 'release.recorded' } })).toBe(0);
});
