import { generateKeyPairSync } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { publicKeyText, signingKey } from '#lib/audit/proof/signing.ts';
import { writeEvents } from '../../support/audit.ts';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';
import { SECRET, testEnvironment } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);

const newKey = () =>
  generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const publicOf = (key: string) => publicKeyText(signingKey({ NEXTAUTH_SECRET: SECRET, AUDIT_SIGNING_KEY: key }));

test('a log that two keys have signed one after the other verifies, with its prunes, as long as the former key is known', async () => {
  await using database = await freshDatabase();
  const [former, current] = [newKey(), newKey()];
  const run = async (name: string, args: string[], key: string, more: Record<string, string> = {}) => {
    const env = {
      DATABASE_URL: database.appUrl,
      NEXTAUTH_SECRET: SECRET,
      AUDIT_SIGNING_KEY: key,
      LOG_LEVEL: 'error',
      ...more,
    };
    const { code, stdout, stderr } = await command('node', [`scripts/audit/${name}.ts`, ...args, '--json'], { env });
    return { code, stderr, result: JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown> };
  };
  const known = { AUDIT_PUBLIC_KEYS: publicOf(former) };

  for (const months of [6, 3, 0])
    await writeEvents(database.ownerUrl, 20, {
      createdAt: `date_trunc('month', now()) - interval '${months} months' + n * interval '1 second'`,
    });
  await ensurePartitions(database.db);
  expect(await run('seal', [], former)).toMatchObject({ code: 0, result: { sealed: 60 } });
  expect(await run('prune', [], former, { AUDIT_RETENTION_DAYS: '150' })).toMatchObject({ result: { removed: 20 } });
  expect(await run('verify', [], former)).toMatchObject({ code: 0, result: { ok: true } });

  await writeEvents(database.ownerUrl, 10, { createdAt: 'clock_timestamp()' });
  expect(await run('seal', [], current)).toMatchObject({ code: 0 });
  expect(await run('prune', [], current, { AUDIT_RETENTION_DAYS: '60' })).toMatchObject({ result: { removed: 20 } });
  const signers = await database.db.$queryRaw`
    SELECT (SELECT count(DISTINCT "keyId")::int FROM "AuditCheckpoint") AS checkpoints, (SELECT count(DISTINCT "keyId")::int FROM "AuditPrune") AS prunes`;
  expect(signers).toEqual([{ checkpoints: 2, prunes: 2 }]);

  expect(await run('verify', [], current, known)).toMatchObject({ code: 0, result: { ok: true, full: false } });
  expect(await run('verify', ['--full'], current, known)).toMatchObject({ code: 0, result: { ok: true, full: true } });
  for (const key of [current, former])
    expect(await run('verify', ['--full'], key)).toMatchObject({ code: 1, result: { ok: false } });
});
