import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Db } from '../db.ts';

/**
 * Migrations that this release brings and the database has not finished, in the order in which they would run: folders of
 * prisma/migrations, then files of prisma/postgres. What the database has beyond them does not matter: during a rollout the older release
 * still runs.
 * @throws when the database is away or was never migrated.
 */
export async function pendingMigrations(db: Db): Promise<string[]> {
  const prisma = await db.$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL`;
  const postgres = await db.$queryRaw<{ name: string }[]>`SELECT name FROM "_postgres_migrations"`;
  return [...missing(await bundled('migrations'), prisma), ...missing(await bundled('postgres'), postgres)];
}

/** Every process starts in the root of the release, the image's included. */
async function bundled(folder: 'migrations' | 'postgres'): Promise<string[]> {
  const entries = await readdir(join(process.cwd(), 'prisma', folder), { withFileTypes: true });
  const wanted = entries.filter((entry) =>
    folder === 'migrations' ? entry.isDirectory() : entry.name.endsWith('.sql'),
  );
  return wanted.map(({ name }) => name).sort();
}

function missing(names: string[], applied: { name: string }[]): string[] {
  const known = new Set(applied.map(({ name }) => name));
  return names.filter((name) => !known.has(name));
}
