import { expect, test, vi } from 'vitest';
import type { Db } from '../../db.ts';
import { pendingMigrations } from './pending.ts';

test('a folder of migrations that cannot be read once is read again at the next look', async () => {
  const db = { $queryRaw: () => Promise.resolve([]) } as unknown as Db;
  vi.spyOn(process, 'cwd').mockReturnValueOnce('/nowhere');
  await expect(pendingMigrations(db)).rejects.toThrow('ENOENT');
  expect(await pendingMigrations(db)).not.toEqual([]);
});
