import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fingerprint } from './build.ts';

test('the fingerprint of a build follows its sources, and not where the checkout is or what tests it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'golive-build-'));
  const [here, moved] = [join(folder, 'here'), join(folder, 'moved')];
  await mkdir(join(here, 'app'), { recursive: true });
  await writeFile(join(here, 'app', 'page.tsx'), 'a');
  await cp(here, moved, { recursive: true });
  const first = await fingerprint(here);
  expect(await fingerprint(moved)).toBe(first);
  await writeFile(join(moved, 'app', 'page.test.tsx'), 'a');
  expect(await fingerprint(moved)).toBe(first);
  await writeFile(join(moved, 'app', 'page.tsx'), 'b');
  expect(await fingerprint(moved)).not.toBe(first);
  await rm(folder, { recursive: true });
});
