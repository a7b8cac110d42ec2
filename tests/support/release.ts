import { cp, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command, type Finished } from './command.ts';
import type { TestDatabase } from './database.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A release whose migrations a test may change, with the commands that migrate and look. */
export interface Release extends AsyncDisposable {
  /** A path inside it. */
  path(...parts: string[]): string;
  /** Runs an npm script of it as a deployment would: the app's URL and the owner's. */
  npm(database: TestDatabase, script: string, ...args: string[]): Promise<Finished>;
}

/** Copies what a migration needs into a folder of its own. */
export async function copyRelease(): Promise<Release> {
  const dir = await mkdtemp(join(tmpdir(), 'golive-release-'));
  for (const part of ['package.json', 'prisma.config.ts', 'prisma', 'lib', 'scripts'])
    await cp(join(ROOT, part), join(dir, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  return {
    path: (...parts) => join(dir, ...parts),
    npm: ({ appUrl, ownerUrl }, script, ...args) =>
      command('npm', ['--prefix', dir, 'run', '--silent', script, '--', ...args], {
        env: { DATABASE_URL: appUrl, MIGRATE_DATABASE_URL: ownerUrl },
        cwd: dir,
      }),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
