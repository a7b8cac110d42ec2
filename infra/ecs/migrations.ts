import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * One folder of prisma/migrations as a release carries it. A migration whose first line is `-- golive: contract` takes away what older code
 * may still use; `-- golive: contract of <migration>` also names its expand, the migration whose release was the first to do without.
 */
export const Migration = z.object({
  name: z.string(),
  contract: z.boolean(),
  expand: z.string().optional(),
});
export type Migration = z.output<typeof Migration>;

const MARK = /^--\s*golive:\s*contract\b(?:\s+of\s+(?<expand>[\w-]+))?/;

/** Reads the folder of a checkout, oldest first. */
export async function readMigrations(dir: string): Promise<Migration[]> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const [first = ''] = (await readFile(join(dir, name, 'migration.sql'), 'utf8')).split('\n', 1);
      const mark = MARK.exec(first.trim());
      const expand = mark?.groups?.expand;
      return { name, contract: mark !== null, ...(expand === undefined ? {} : { expand }) };
    }),
  );
}

/**
 * Which of the applied migrations the code of an older release cannot live with: every contract it was not built with, unless it was
 * already built with that contract's expand. All other migrations are backward compatible; preflight sees to that.
 */
export function notTolerated(built: Migration[], applied: Migration[]): Migration[] {
  const own = new Set(built.map(({ name }) => name));
  return applied.filter(
    ({ name, contract, expand }) => contract && !own.has(name) && (expand === undefined || !own.has(expand)),
  );
}
