import { mkdtemp, rm } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { commitOf } from './commit.ts';

test('the commit of a checkout is found; other folders have none', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'golive-commit-'));
  expect(await commitOf(folder)).toBeUndefined();
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { stdio: 'pipe', encoding: 'utf8' });
  git('init');
  git('-c', 'user.name=a', '-c', 'user.email=a@example.org', 'commit', '--allow-empty', '-m', 'first');
  expect(await commitOf(folder)).toBe(git('rev-parse', 'HEAD').trim());
  await rm(folder, { recursive: true });
});
