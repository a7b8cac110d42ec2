import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AlreadyRunning, FolderLock, refuseForeign } from './folder-lock.ts';

let folder: string;

beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'golive-lock-'))));
afterEach(() => rm(folder, { recursive: true }));

const take = (signal = new AbortController().signal) => FolderLock.take(folder, signal);

test('a second holder is refused, and the lock of one that was killed is taken over', async () => {
  const { lock } = await take();
  await expect(take()).rejects.toThrow(AlreadyRunning);
  await lock.release();
  await writeFile(join(folder, 'up.lock'), '');
  await (await take()).lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test('an unreadable lock file is reported without retries', async () => {
  await mkdir(join(folder, 'up.lock'));
  await expect(take()).rejects.toThrow(`${join(folder, 'up.lock')} cannot be used (EISDIR)`);
});

test('a start that was interrupted takes no lock', async () => {
  await expect(take(AbortSignal.abort(new Error('interrupted')))).rejects.toThrow('interrupted');
  expect(await readdir(folder)).toEqual([]);
});

test('root leaves the data folder of another user alone', async () => {
  if (process.getuid?.() === 0) await chown(folder, 1000, 1000);
  await expect(refuseForeign(folder, 0)).rejects.toThrow(/belongs to user \d+: run this as that user/);
  await refuseForeign(folder, 1000);
});
