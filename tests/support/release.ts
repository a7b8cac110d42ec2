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
  /** Runs the two halves of a deployment's migration: `npm run db:migrate:prod`, with the app's URL and the owner's. */
  migrate(database: TestDatabase): Promise<Finished>;
  /** Runs one of its scripts in the same environment. */
  script(database: TestDatabase, name: string, ...args: string[]): Promise<Finished>;
}

/** Copies what a migration needs into a folder of its own. */
export async function copyRelease(): Promise<Release> {
  const dir = await mkdtemp(join(tmpdir(), 'golive-release-'));
  for (const part of ['package.json', 'prisma.config.ts', 'prisma', 'lib', 'scripts'])
    await cp(join(ROOT, part), join(dir, part), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(dir, 'node_modules'));
  const run = ({ appUrl, ownerUrl }: TestDatabase, file: string, args: string[]) =>
    command(file, args, { env: { DATABASE_URL: appUrl, MIGRATE_DATABASE_URL: ownerUrl }, cwd: dir });
  return {
    path: (...parts) => join(dir, ...parts),
    migrate: (database) => run(database, 'npm', ['run', '--silent', 'db:migrate:prod']),
    script: (database, name, ...args) => run(database, 'node', [join('scripts', `${name}.ts`), ...args]),
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}
