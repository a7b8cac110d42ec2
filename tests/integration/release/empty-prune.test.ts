import { beforeAll, expect, test } from 'vitest';
import { prune } from '#lib/audit/retention/prune.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { openClient } from '#lib/db/client.ts';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';
import { SECRET, testEnvironment } from '../../support/audit-proof.ts';

beforeAll(testEnvironment);

test('a prune that had nothing to remove counts as a prune for the checklist', async () => {
  await using database = await freshDatabase();
  const lines = async () =>
    (await command('node', ['scripts/checklist/24h.ts'], { env: { DATABASE_URL: database.appUrl } })).stdout;
  expect(await lines()).toMatch(/warning +retention +no prune/);
  const lock = await openClient(database.appUrl);
  try {
    const policy = { days: 365, longer: [] };
    expect(await prune(database.db, lock, { policy, key: signingKey({ NEXTAUTH_SECRET: SECRET }) })).toMatchObject({
      removed: 0,
    });
  } finally {
    await lock.end();
  }
  expect(await lines()).toMatch(/ok +retention +last prune/);
});
