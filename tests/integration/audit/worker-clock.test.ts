import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { seal } from '#lib/audit/proof/seal.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase } from '../../support/database.ts';
import { testEnvironment } from '../../support/audit-proof.ts';

const DAY_MS = 24 * 60 * 60_000;

beforeAll(testEnvironment);
afterEach(() => void vi.useRealTimers());

test('a worker whose clock is a day ahead dates no checkpoint into the future, and stops nobody else from signing one', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 10);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + DAY_MS });
  await seal(database.db);
  vi.useRealTimers();
  const [early] = await database.db.$queryRaw<
    { ahead: boolean }[]
  >`SELECT bool_or(at > now()) AS ahead FROM "AuditCheckpoint"`;
  expect(early).toEqual({ ahead: false });
});
