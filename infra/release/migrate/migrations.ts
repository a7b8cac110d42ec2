import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { expandOf } from '#lib/release/preflight/compatibility.ts';

/** One folder of prisma/migrations as a release carries it. */
export const Migration = z.object({
  name: z.string(),
  /** A contract takes away what older code may still use, and names its expand: the migration whose code was the first to do without. */
  expand: z.string().optional(),
});
export type Migration = z.output<typeof Migration>;

/** Reads the folder of a checkout, oldest first. The mark of a contract is the one that preflight reads. */
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
 * Which of the applied migrations the code of an older release cannot live with: every contract that it was built with neither itself nor
 * the expand of. All other migrations are backward compatible; preflight sees to that.
 */
export function notTolerated(built: Migration[], applied: Migration[]): Migration[] {
  const own = new Set(built.map(({ name }) => name));
  return applied.filter(({ name, expand }) => expand !== undefined && !own.has(name) && !own.has(expand));
}
