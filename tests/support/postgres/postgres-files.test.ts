import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { reachableFolder } from './postgres-files.ts';

const SERVER = { uid: 65_533, gid: 65_533 };

test('a database is beside its checkout, or outside one that the server may not enter, and is found again when that changes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'golive-reach-'));
  await chmod(folder, 0o755);
  const home = join(folder, 'home');
  await mkdir(home, { mode: 0o700 });
  const wished = join(home, 'postgres');
  const where = () => reachableFolder(wished, SERVER, join(folder, 'outside'));
  const fill = async (dir: string) => {
    await mkdir(dir, { recursive: true });
    await writeFile(join(dir, 'PG_VERSION'), '17\n');
  };

  const outside = await where();
  expect(dirname(outside)).toBe(join(folder, 'outside'));
  await chmod(home, 0o755);
  expect(await where()).toBe(wished);
  await fill(outside);
  expect(await where()).toBe(outside);

  await rm(outside, { recursive: true });
  await fill(wished);
  await chmod(home, 0o700);
  expect(await where()).toBe(wished);
  await rm(folder, { recursive: true });
});
