import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'vitest';
import { command } from '../support/command.ts';

const LOCK = {
  '': { version: '1.0.0' },
  'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
  'node_modules/for-another-platform': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  'node_modules/tool': { version: '1.0.0', integrity: 'sha512-c', dev: true },
};
/** What the product needs, and all of it. */
const PRODUCT = { 'node_modules/a': LOCK['node_modules/a'] };
const INSTALLED = { ...PRODUCT, 'node_modules/tool': LOCK['node_modules/tool'] };
const OLD_TOOL = { ...LOCK['node_modules/tool'], version: '0.9.0' };

const ENGINES = '^20.19 || ^22.12 || >=24.0';

const started = `started [ 'hello' ]\n`;

describe.concurrent('starting from a bare checkout', () => {
  test('starts the script at once, with its arguments and its exit code, when everything is there', async ({
    expect,
  }) => {
    await using house = await plant(INSTALLED);
    expect(await house.start('hello')).toMatchObject({ code: 7, stdout: started });
  });

  test.for([
    ['no installation', undefined],
    ['another version', { 'node_modules/a': { ...LOCK['node_modules/a'], version: '1.0.1' } }],
    [
      'other content under the same version',
      { 'node_modules/a': { ...LOCK['node_modules/a'], integrity: 'sha512-z' } },
    ],
    ['a package that is missing', {}],
    ['a package too many', { ...INSTALLED, 'node_modules/left-over': { version: '1.0.0' } }],
  ] as const)('installs first for %s', async ([, present], { expect }) => {
    await using house = await plant(present);
    const { code, stdout } = await house.start('hello');
    expect(stdout).toMatch(
      /^packages: .* running npm ci .*\nnpm ci --include=dev --no-audit .*\npackages: installed in \d+ s\nstarted/,
    );
    expect(code).toBe(7);
  });

  test.for([
    ['up', 'nothing', undefined, 'npm ci --omit=dev'],
    ['dev', 'nothing', undefined, 'npm ci --omit=dev'],
    ['up', 'the product', PRODUCT, undefined],
    ['up', 'everything', INSTALLED, undefined],
    ['hello', 'the product', PRODUCT, 'npm install --no-save --include=dev'],
    ['hello', 'another version of a tool', { ...PRODUCT, 'node_modules/tool': OLD_TOOL }, 'npm ci --include=dev'],
    // Who has the tools keeps them, and in the versions of the lock file.
    ['up', 'another version of a tool', { ...PRODUCT, 'node_modules/tool': OLD_TOOL }, 'npm ci --include=dev'],
    ['up', 'tools and another product', { 'node_modules/tool': LOCK['node_modules/tool'] }, 'npm ci --include=dev'],
  ] as const)('%s where %s is installed installs what it needs', async ([script, , present, wanted], { expect }) => {
    await using house = await plant(present);
    const { code, stdout } = await house.start(script);
    expect(/^npm .*?(?= --no-audit)/m.exec(stdout)?.[0]).toBe(wanted);
    expect({ code, last: stdout.trim().split('\n').at(-1) }).toEqual({ code: 7, last: started.trim() });
  });

  test('a failed installation stops it, with that exit code and without the script', async ({ expect }) => {
    await using house = await plant(undefined);
    const { code, stdout, stderr } = await house.start('hello', { env: { NPM_EXIT: '9' } });
    expect({ code, stderr }).toEqual({
      code: 9,
      stderr: 'the installation failed with exit code 9: the lines above say why.\n',
    });
    expect(stdout).not.toContain('started');
  });

  test('an npm that ends without an error and installs half of it is not believed', async ({ expect }) => {
    await using house = await plant(undefined);
    const { code, stdout, stderr } = await house.start('hello', { env: { NPM_HALF: '1' } });
    expect(stderr).toMatch(/^npm ended without an error and left node_modules incomplete/);
    expect(code).toBe(1);
    expect(stdout).not.toContain('started');
  });

  test('a missing npm is named, also under npm', async ({ expect }) => {
    await using house = await plant(undefined);
    const env = { npm_execpath: '', PATH: '/nowhere', npm_lifecycle_event: 'test' };
    const { code, stderr } = await house.start('hello', { env });
    expect(stderr).toMatch(/^npm cannot be started: .*ENOENT/);
    expect(code).toBe(127);
  });

  test.for(['older than the schema', 'missing'])(
    'a database client that is %s is made anew',
    async (how, { expect }) => {
      await using house = await plant(INSTALLED);
      const client = join(house.root, 'prisma/client/client.ts');
      await (how === 'missing' ? rm(client) : utimes(client, 1, 1));
      expect(await house.start('hello')).toMatchObject({ code: 7, stdout: `prisma generate\n${started}` });
    },
  );

  test('a Node outside of engines is refused before anything is done', async ({ expect }) => {
    await using house = await plant(undefined);
    for (const version of ['18.20.0', '20.18.3', '21.7.3', '22.11.0', '23.11.1'])
      expect(await house.start('hello', { version })).toEqual({
        code: 2,
        stdout: '',
        stderr: `Node ${ENGINES} is needed to start, and this is ${version}: install another.\n`,
      });
    await using other = await plant(INSTALLED);
    for (const version of ['20.19.0', '20.20.1', '22.12.0', '24.0.0', '25.1.0'])
      expect(await other.start('hello', { version }), version).toMatchObject({ code: 7 });
  });

  test('a checkout with CRLF is refused with what to do', async ({ expect }) => {
    await using house = await plant(INSTALLED);
    const file = join(house.root, 'scripts/bootstrap.mjs');
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('\n', '\r\n'));
    const { code, stdout, stderr } = await house.start('hello');
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('git reset --hard');
  });

  test('a script that does not exist is answered with the usage', async ({ expect }) => {
    await using house = await plant(undefined);
    const { code, stdout, stderr } = await house.start('nothing');
    expect({ code, stdout, usage: stderr.startsWith('usage: ') }).toEqual({ code: 2, stdout: '', usage: true });
  });
});

const SCRIPT = `console.log('started', process.argv.slice(2)); process.exitCode = 7;`;

/** Says that it was called, and leaves what a real one leaves unless it is told to do half of it. */
const FAKE_NPM = `import { writeFileSync } from 'node:fs';
console.log('npm', ...process.argv.slice(2));
const { product, all } = ${JSON.stringify({ product: PRODUCT, all: INSTALLED })};
const packages = process.env.NPM_HALF ? {} : process.argv.includes('--omit=dev') ? product : all;
writeFileSync('node_modules/.package-lock.json', JSON.stringify({ packages }));
process.exitCode = Number(process.env.NPM_EXIT ?? 0);`;

/** A checkout whose npm, Prisma and script only say that they were called. */
async function plant(present: object | undefined) {
  const root = await mkdtemp(join(tmpdir(), 'golive-bootstrap-'));
  const bin = 'node_modules/.bin';
  const files: Record<string, string> = {
    'package.json': JSON.stringify({ engines: { node: ENGINES } }),
    'package-lock.json': JSON.stringify({ packages: LOCK }),
    'npm.mjs': FAKE_NPM,
    ...Object.fromEntries(['hello', 'up', 'dev'].map((name) => [`scripts/dev/${name}.ts`, SCRIPT])),
    'prisma/schema.prisma': '',
    'prisma/client/client.ts': '',
    [`${bin}/prisma`]: '#!/bin/sh\necho prisma "$@"\n',
    ...(present && { 'node_modules/.package-lock.json': JSON.stringify({ packages: present }) }),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  await chmod(join(root, bin, 'prisma'), 0o755);
  await symlink(process.execPath, join(root, bin, 'node'));
  await copyFile('scripts/bootstrap.mjs', join(root, 'scripts/bootstrap.mjs'));
  const start = (script: string, { env = {}, version = process.versions.node } = {}) => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } })`;
    const args = ['--import', `data:text/javascript,${pretend}`, 'scripts/bootstrap.mjs', script, 'hello'];
    return command(process.execPath, args, { cwd: root, env: { npm_execpath: join(root, 'npm.mjs'), ...env } });
  };
  return { root, start, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) };
}
