import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { incompatibleMigrations, readMigrations } from './migrations.ts';

test('migrations are read oldest first, and a contract carries the expand that it names', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'golive-migrations-'));
  const write = async (name: string, sql: string) => {
    await mkdir(join(dir, name));
    await writeFile(join(dir, name, 'migration.sql'), sql);
  };
  try {
    await write('2_drop', '-- contract: 1_add\nALTER TABLE "User" DROP COLUMN old;');
    await write('1_add', 'ALTER TABLE "User" ADD COLUMN new text;');
    await writeFile(join(dir, 'migration_lock.toml'), '');
    expect(await readMigrations(dir)).toEqual([{ name: '1_add' }, { name: '2_drop', expand: '1_add' }]);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a contract is compatible with code built with it or with its expand, and with no older code', () => {
  const [init, add] = [{ name: '0_init' }, { name: '1_add' }];
  const drop = { name: '2_drop', expand: '1_add' };
  expect(incompatibleMigrations([init], [init, add])).toEqual([]);
  expect(incompatibleMigrations([init], [init, add, drop])).toEqual([drop]);
  expect(incompatibleMigrations([init, add], [init, add, drop])).toEqual([]);
  expect(incompatibleMigrations([init, add, drop], [init, add, drop])).toEqual([]);
});
