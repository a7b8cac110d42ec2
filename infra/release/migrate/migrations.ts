import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { expandOf } from '#lib/release/preflight/compatibility.ts';

/** A Prisma migration of a release. */
export const Migration = z.object({
  name: z.string(),
  /** A contract migration removes what older code may use; `expand` names the migration whose code was the first to work without it. */
  expand: z.string().optional(),
});
export type Migration = z.output<typeof Migration>;

/** Reads the folder of a checkout, oldest first. Contract migrations carry the comment that preflight reads. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const expand = expandOf(await readFile(join(dir, name, 'migration.sql'), 'utf8'));
      return expand === undefined ? { name } : { name, expand };
    }),
  );
}

/**
 * Applied migrations that the code of an older release is not compatible with: contract migrations for which the release contains neither
 * the contract nor its expand. Preflight ensures that all others are backward compatible.
 */
export function incompatibleMigrations(built: Migration[], applied: Migration[]): Migration[] {
  const own = new Set(built.map(({ name }) => name));
  return applied.filter(({ name, expand }) => expand !== undefined && !own.has(name) && !own.has(expand));
}
