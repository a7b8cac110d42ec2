import { execFile, execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { runCheck, type Check, type Context, type CommandResult } from './check.ts';
import { CHECKS } from './checks.ts';
import { COMMAND_CHECKS } from './commands.ts';
import { environment } from './environment.ts';
import { migrations } from './migrations.ts';
import { secret } from './secret.ts';
import { signingKeys } from './signing-key.ts';
import { lockFile, tree } from './tree.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GOOD = {
  NODE_ENV: 'production',
  NEXTAUTH_URL: 'https://app.example.org',
  TRUSTED_PROXY_COUNT: '0',
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: 'bm90LXRoZS1rZXktb2YtYW55LWluc3RhbGxhdGlvbiE=',
  NEXTAUTH_SECRET: '4m+Vc0tYp9ZkQ2xHs7RgB1uWnE6dJ3oLaI8fTzKqPyM=',
  DATABASE_URL: 'postgres://app:x@db.example.org:5432/x?sslmode=require',
  MIGRATE_DATABASE_URL: 'postgres://owner:x@db.example.org:5432/x?sslmode=require',
};

const context = (env: Record<string, string | undefined> = {}, more: Partial<Context> = {}): Context => ({
  root: ROOT,
  env: { ...GOOD, ...env },
  firstDeployment: false,
  run: () => Promise.resolve({ code: 0, output: '' }),
  ...more,
});

const light = async (check: Check, given: Context) => (await runCheck(check, given)).light;
const reasons = async (check: Check, given: Context) =>
  (await runCheck(check, given)).findings.map(({ light, reason }) => `${light}: ${reason}`).join('\n');

test.each([
  ['a missing variable', { DATABASE_URL: '' }, /red: DATABASE_URL is missing for web, worker, prune, migrate/],
  ['a short secret', { NEXTAUTH_SECRET: 'short' }, /red: NEXTAUTH_SECRET: must have at least 32/],
  ['a development switch', { DEV_ADMIN: 'true' }, /red: DEV_ADMIN is set/],
  ['another NODE_ENV', { NODE_ENV: 'development' }, /red: NODE_ENV is development/],
  ['an origin without TLS', { NEXTAUTH_URL: 'http://app.example.org' }, /red: NEXTAUTH_URL is not https/],
  ['a webhook without TLS', { AUDIT_WEBHOOK_URL: 'http://siem.example.org/in' }, /red: AUDIT_WEBHOOK_URL is not https/],
  ['a trailing slash', { NEXTAUTH_URL: 'https://app.example.org/' }, /red: NEXTAUTH_URL: must not end with a slash/],
])('environment is red for %s', async (_, env, reason) => {
  expect(await light(environment, context())).toBe('green');
  expect(await light(environment, context(env))).toBe('red');
  expect(await reasons(environment, context(env))).toMatch(reason);
});

test('an identity provider whose unverified addresses are trusted is yellow, with the risk named', async () => {
  const env = { OIDC_ASSUME_EMAIL_VERIFIED: 'true' };
  expect(await light(environment, context(env))).toBe('yellow');
  expect(await reasons(environment, context(env))).toMatch(/anyone who can choose an address/);
});

test('an absent origin is green before the first deployment and yellow afterwards', async () => {
  const env = { NEXTAUTH_URL: undefined };
  expect(await light(environment, context(env, { firstDeployment: true }))).toBe('green');
  expect(await light(environment, context(env))).toBe('yellow');
  expect(await light(environment, context({}, { firstDeployment: true }))).toBe('yellow');
});

test('a missing key of the forms is yellow', async () => {
  const env = { NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: undefined };
  expect(await light(environment, context(env))).toBe('yellow');
  expect(await reasons(environment, context(env))).toMatch(/forms of the release before are refused/);
});

test('an unset TRUSTED_PROXY_COUNT is yellow', async () => {
  const env = { TRUSTED_PROXY_COUNT: '' };
  expect(await light(environment, context(env))).toBe('yellow');
  expect(await reasons(environment, context(env))).toMatch(/TRUSTED_PROXY_COUNT is not stated/);
});

test.each(['', 'changeme-changeme-changeme-changeme', 'a'.repeat(64), 'abababababababababababababababababababab'])(
  'a secret that can be guessed is red: %s',
  async (NEXTAUTH_SECRET) => {
    expect(await light(secret, context())).toBe('green');
    expect(await light(secret, context({ NEXTAUTH_SECRET }))).toBe('red');
  },
);

test('a log without a signing key of its own is yellow; a key that is none is red', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const own = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
  expect(await light(signingKeys, context())).toBe('yellow');
  expect(await reasons(signingKeys, context())).toMatch(/derived from NEXTAUTH_SECRET/);
  expect(await light(signingKeys, context({ AUDIT_SIGNING_KEY: own }))).toBe('green');
  expect(await light(signingKeys, context({ AUDIT_SIGNING_KEY: 'changeme' }))).toBe('red');
  expect(await light(signingKeys, context({ AUDIT_SIGNING_KEY: own, AUDIT_PUBLIC_KEYS: 'x' }))).toBe('red');
});

test('each command check is red with the last lines of what it ran', async () => {
  expect(COMMAND_CHECKS.map(({ name }) => name)).toEqual(['lint', 'types', 'unit', 'build', 'contract', 'documents']);
  for (const check of COMMAND_CHECKS) {
    expect(await light(check, context())).toBe('green');
    const failing = context({}, { run: () => Promise.resolve({ code: 2, output: 'first\nthe reason\n' }) });
    expect(await light(check, failing)).toBe('red');
    expect(await reasons(check, failing)).toContain('the reason');
  }
});

test('a check that throws or answers nothing is red, never green', async () => {
  const broken: Check = { name: 'x', description: 'x', run: () => Promise.reject(new Error('no')) };
  expect(await light(broken, context())).toBe('red');
  expect(await light({ ...broken, run: () => Promise.resolve([]) }, context())).toBe('red');
  expect(new Set(CHECKS.map(({ name }) => name)).size).toBe(CHECKS.length);
});

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A repository of its own, pushed to a remote beside it. */
async function repository() {
  const root = await mkdtemp(join(tmpdir(), 'golive-preflight-'));
  folders.push(root, `${root}.git`);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: root, stdio: 'pipe' });
  const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}` };
  const run = (command: string, args: string[]) =>
    new Promise<CommandResult>((resolve) =>
      execFile(command, args, { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
      ),
    );
  const migration = async (name: string, sql: string) => {
    await mkdir(join(root, 'prisma/migrations', name), { recursive: true });
    await writeFile(join(root, 'prisma/migrations', name, 'migration.sql'), sql);
  };
  git('init', '-q', '-b', 'main');
  await migration('1_init', 'CREATE TABLE "User" (id int PRIMARY KEY, name text);');
  git('add', '.');
  git('commit', '-qm', 'first');
  git('init', '-q', '--bare', `${root}.git`);
  git('remote', 'add', 'origin', `${root}.git`);
  return { root, git, migration, context: context({}, { root, run }) };
}

test('tree is red when something is not committed, not pushed, or follows no branch', async () => {
  const { root, git, context: given } = await repository();
  expect(await reasons(tree, given)).toMatch(/red: the branch follows no remote branch/);
  git('push', '-qu', 'origin', 'main');
  expect(await light(tree, given)).toBe('green');
  git('commit', '-q', '--allow-empty', '-m', 'second');
  expect(await reasons(tree, given)).toMatch(/red: 1 commits are not pushed/);
  await writeFile(join(root, 'note'), '');
  expect(await reasons(tree, given)).toMatch(/red: 1 changes are not committed, the first: note/);
});

test('lock-file is red when it differs from package.json or a version is not exact', async () => {
  const { root, context: given } = await repository();
  const write = (wanted: object, locked: object) =>
    Promise.all([
      writeFile(join(root, 'package.json'), JSON.stringify({ dependencies: wanted })),
      writeFile(join(root, 'package-lock.json'), JSON.stringify({ packages: { '': { dependencies: locked } } })),
    ]);
  await write({ a: '1.0.0' }, { a: '1.0.0' });
  expect(await light(lockFile, given)).toBe('green');
  await write({ a: '1.0.1' }, { a: '1.0.0' });
  expect(await reasons(lockFile, given)).toMatch(/red: package-lock.json differs for a/);
  await write({ a: '^1.0.0' }, { a: '^1.0.0' });
  expect(await reasons(lockFile, given)).toMatch(/red: not pinned: a/);
});

test('migrations are red for what the release before would not survive, and a contract needs its expand released', async () => {
  const { git, migration, context: given } = await repository();
  expect(await reasons(migrations, given)).toMatch(/green: nothing is released yet/);
  git('tag', 'release-1');
  expect(await reasons(migrations, given)).toMatch(/green: no new migrations/);

  await migration('2_more', 'ALTER TABLE "User" ADD COLUMN "age" INTEGER;\n');
  expect(await light(migrations, given)).not.toBe('red');
  for (const [sql, rule] of [
    ['ALTER TABLE "User" RENAME COLUMN "name" TO "label";', 'rename'],
    ['ALTER TABLE "User" DROP COLUMN "name";', 'drop'],
    ['ALTER TABLE "User" ALTER COLUMN "name" SET NOT NULL;', 'not-null'],
    ['ALTER TABLE "User" ADD COLUMN "x" TEXT NOT NULL;', 'required-column'],
    ['ALTER TABLE "User" ALTER COLUMN "name" SET DATA TYPE varchar(9);', 'type-change'],
    ['CREATE INDEX "i" ON "User"("name");', 'blocking-index'],
  ] as const) {
    await migration('2_more', sql);
    expect(await light(migrations, given), sql).toBe('red');
    expect(await reasons(migrations, given)).toContain(`red: 2_more: ${rule}:`);
  }
  await migration('2_more', 'CREATE TABLE "T" (a int PRIMARY KEY);\nCREATE INDEX "i" ON "T"("a");');
  expect(await reasons(migrations, given)).not.toContain('red:');

  await migration('2_more', '-- contract: 2_expand\nALTER TABLE "User" DROP COLUMN "name";');
  expect(await reasons(migrations, given)).toMatch(/red: 2_more: drop/);
  await migration('2_more', '-- contract: 1_init\nALTER TABLE "User" DROP COLUMN "name";');
  expect(await reasons(migrations, given)).not.toContain('red:');
});

test('skipping shows as skipped and is never counted as green; red stays red whatever else is skipped', () => {
  const preflight = (...args: string[]) => {
    const env = { ...process.env, ...GOOD, NEXTAUTH_SECRET: 'changeme' } as NodeJS.ProcessEnv;
    try {
      return {
        code: 0,
        out: execFileSync('node', ['scripts/preflight/prod.ts', ...args], { cwd: ROOT, env, encoding: 'utf8' }),
      };
    } catch (error) {
      const { status, stdout } = error as { status: number; stdout: string };
      return { code: status, out: stdout };
    }
  };
  const alone = preflight('--only', 'database-url', '--json');
  expect(alone.code).toBe(0);
  expect(JSON.parse(alone.out)).toMatchObject({ green: 1, red: 0, skipped: CHECKS.length - 1 });
  const red = preflight('--only', 'secret,database-url');
  expect(red.code).toBe(1);
  expect(red.out).toMatch(/SKIPPED\s+tree/);
  expect(red.out).toContain(`1 green, 0 yellow, 1 red, ${CHECKS.length - 2} skipped`);
  expect(preflight('--skip', 'nothing-of-the-kind').code).toBe(2);
});
