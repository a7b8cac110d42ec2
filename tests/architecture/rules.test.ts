import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { BUILD_VARIABLES } from '#lib/release/contract.ts';
import { envExample } from '../../scripts/dev/support/docs/env-example.ts';
import { permissionTable, withPermissionTable } from '../../scripts/dev/support/docs/permission-table.ts';

const LONGEST = 250;

/** Tables of data, and what a tool writes. */
const MAY_BE_LONG =
  /^(lib\/audit\/events\/catalogue\.ts|prisma\/schema\.prisma|package-lock\.json|docs\/|tests\/infra\/golden\/|tests\/data\/)/;

const CODE = /\.(ts|tsx|mjs|js|sh|sql|css|prisma|json|ya?ml)$/;

/** Who may read the process's environment, besides lib/env.ts. */
const READS_ENVIRONMENT =
  /^(lib\/env\.ts|scripts\/|tests\/|infra\/|prisma\/|prisma\.config\.ts|playwright\.config\.ts|next\.config\.ts|\.railway\/)/;

const tracked = () =>
  execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
    .trim()
    .split('\n');

const read = (path: string) => readFile(path, 'utf8').catch(() => '');

test('package.json names one exact version of everything', async () => {
  const { dependencies, devDependencies, overrides } = JSON.parse(await read('package.json')) as Record<
    string,
    Record<string, string>
  >;
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...overrides }))
    expect(version.replace(/^npm:.+@/, ''), name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
});

test(`no file is longer than ${LONGEST} lines, tables of data aside`, async () => {
  const long: string[] = [];
  for (const path of tracked().filter((name) => CODE.test(name) && !MAY_BE_LONG.test(name))) {
    const lines = (await read(path)).split('\n').length - 1;
    if (lines > LONGEST) long.push(`${path}: ${lines}`);
  }
  expect(long).toEqual([]);
});

test('process.env is read where it may be', async () => {
  const readers: string[] = [];
  for (const path of tracked().filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !READS_ENVIRONMENT.test(name))) {
    const text = await read(path);
    // What kind of build it is and which runtime, Next itself writes into the code.
    if (/process\.env(?!\.(NODE_ENV|NEXT_RUNTIME)\b)/.test(text) && !path.endsWith('.test.ts')) readers.push(path);
  }
  expect(readers).toEqual([]);
});

/** Words with which a connection is opened, by the driver or by a library that brings its own. */
const OPENS =
  /\bnew pg\.(Client|Pool)\(|\bnew (Client|Pool)\(|\bconnectionString\b|new PrismaPg\(\s*[{'"`]|from '(pg-pool|postgres)'/;

test('no file but lib/db/client.ts opens a connection: its session would be whatever the server says', async () => {
  const openers: string[] = [];
  for (const path of tracked().filter((name) => /\.(ts|tsx|mjs)$/.test(name) && !/^tests\/|\.test\.ts$/.test(name)))
    if (OPENS.test(await read(path))) openers.push(path);
  expect(openers.filter((path) => path !== 'lib/db/connection.ts')).toEqual(['lib/db/client.ts']);
});

test('an action of a workflow is named by its commit, the same one everywhere', async () => {
  const commits = new Map<string, Set<string>>();
  for (const path of tracked().filter((name) => name.startsWith('.github/workflows/')))
    for (const [, action = '', commit = ''] of (await read(path)).matchAll(/uses: ([\w-]+\/[\w-]+)@(.+)/g))
      commits.set(action, (commits.get(action) ?? new Set()).add(commit));
  expect([...commits.keys()]).toContain('actions/checkout');
  for (const [action, [commit, ...others]] of commits) {
    expect(commit, action).toMatch(/^[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    expect(others, action).toEqual([]);
  }
});

test('a build reads no variable but those of the release contract', async () => {
  const names = [...(await read('next.config.ts')).matchAll(/process\.env\.(\w+)/g)].map(([, name]) => name);
  expect(Object.keys(BUILD_VARIABLES)).toEqual(expect.arrayContaining(names));
});

test('.env.example is what the environment’s fields say', async () => {
  expect(await read('.env.example')).toBe(envExample());
});

test('the table of permissions in the documents is the one that is enforced', async () => {
  const readme = await read('docs/ACCESS.md');
  expect(readme).toContain(permissionTable());
  expect(withPermissionTable(readme)).toBe(readme);
});
