import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

let folder: string;
let clone: string;
let files: string[];

/** No setting of this machine: a test's own are on the command line. */
const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
const git = (...args: string[]) => execFileSync('git', args, { env, encoding: 'utf8', maxBuffer: 64 * 1024 ** 2 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'golive-line-ends-'));
  const store = join(folder, 'store');
  const of = [`--git-dir=${store}`, `--work-tree=${resolve('.')}`];
  git('init', '-q', '--bare', store);
  git(...of, '-c', 'core.bare=false', 'add', '.');
  git(
    ...of,
    '-c',
    'core.bare=false',
    '-c',
    'user.name=n',
    '-c',
    'user.email=n@example.org',
    'commit',
    '-q',
    '-m',
    'all',
  );
  clone = join(folder, 'clone');
  git('clone', '-q', '-c', 'core.autocrlf=true', '-c', 'core.eol=crlf', store, clone);
  files = git('-C', clone, 'ls-files', '-z').split('\0').filter(Boolean);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a checkout on a machine that wants CRLF has the same bytes as any other', async () => {
  expect(files.length).toBeGreaterThan(500);
  const changed: string[] = [];
  for (const file of files) if (!(await readFile(join(clone, file))).equals(await readFile(file))) changed.push(file);
  expect(changed).toEqual([]);
});

test('there the schema engine starts by its first line, and every shell script parses', async () => {
  await symlink(resolve('node_modules'), join(clone, 'node_modules'));
  const engine = spawnSync(join(clone, 'prisma/engine/launch.ts'), ['--version'], { cwd: clone, encoding: 'utf8' });
  expect([engine.error, engine.status, engine.stdout]).toEqual([undefined, 0, expect.stringMatching(/\d/)]);
  const scripts = files.filter((file) => file.endsWith('.sh') || file.startsWith('.ci/'));
  expect(scripts.length).toBeGreaterThan(2);
  for (const script of scripts) execFileSync('bash', ['-n', join(clone, script)], { stdio: 'pipe' });
});
