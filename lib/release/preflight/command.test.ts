import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('a file of variables that is not there is wrong use, in one line, also through npm', () => {
  for (const command of [
    'npm run --silent preflight:prod -- --env-file not-there',
    'node -- scripts/preflight/prod.ts --env-file not-there',
  ]) {
    const ran = spawnSync('sh', ['-c', command], { cwd: ROOT, encoding: 'utf8' });
    expect(ran.status, command).toBe(2);
    expect(ran.stderr, command).toMatch(/^preflight:prod: --env-file: .*not-there.*\n$/);
  }
});

test('with no variables at all it says how to name them', () => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME } as unknown as NodeJS.ProcessEnv;
  const ran = spawnSync('node', ['scripts/preflight/prod.ts', '--only', 'environment'], {
    cwd: ROOT,
    env,
    encoding: 'utf8',
  });
  expect(ran.stderr).toMatch(/\.env\.local/);
});

test('backups, their manifests and what is half written of them leave the tree clean', () => {
  const made = ['backup-20260101-000000.dump', 'mine.dump', '.mine.dump.partial.12', 'events.ndjson.partial'];
  const files = made.flatMap((name) => [name, `${name}.manifest.json`]);
  const ignored = execFileSync('git', ['check-ignore', ...files], { cwd: ROOT, encoding: 'utf8' });
  expect(ignored.trim().split('\n')).toEqual(files);
});
