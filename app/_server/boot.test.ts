import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Boots in a process of its own with this environment and nothing else. */
function boot(env: Record<string, string>) {
  const script = `const { boot } = await import('./app/_server/boot.ts'); boot(); process.stdout.write('booted\\n'); console.error('printed by {\\n"a library');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH ?? '', NODE_ENV: 'production', ...env },
  });
}

const usable = { DATABASE_URL: 'postgres://app@127.0.0.1:1/none', NEXTAUTH_SECRET: 'x'.repeat(32) };

test('a usable environment boots', () => {
  expect(boot(usable)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^booted$/m) as string });
});

test('what others print becomes one line of the log', () => {
  const { stdout, stderr } = boot(usable);
  const printed = stdout.split('\n').find((line) => line.includes('library')) ?? '';
  expect(JSON.parse(printed)).toMatchObject({ level: 'error', msg: 'printed by {\n"a library' });
  expect(stderr).toBe('');
});

test('DEV_ADMIN stops a production process from starting', () => {
  const { status, stdout, stderr } = boot({ ...usable, DEV_ADMIN: 'true' });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/DEV_ADMIN: must not be true in production/);
});

test('an unusable environment is one message that names every variable and no value', () => {
  const { status, stderr } = boot({ DATABASE_URL: 'mysql://u:hunter2@db/x', NEXTAUTH_SECRET: 'too-short-secret' });
  expect(status).toBe(1);
  expect(stderr).toMatch(/DATABASE_URL[\s\S]*NEXTAUTH_SECRET/);
  expect(stderr).not.toMatch(/hunter2|too-short-secret|\n\s+at /);
});
