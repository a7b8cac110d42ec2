import type { Db } from '../../db.ts';
import { postgresMigrationNames, prismaMigrationNames } from './files.ts';

let bundled: Promise<string[]> | undefined;

/** The migrations that this process was deployed with: read once, since a release does not change while it runs. A failure is not kept. */
function ownNames(): Promise<string[]> {
  bundled ??= bundledNames(process.cwd()).catch((error: unknown) => {
    bundled = undefined;
    throw error;
  });
  return bundled;
}

async function bundledNames(root: string): Promise<string[]> {
  const [prisma, postgres] = await Promise.all([prismaMigrationNames(root), postgresMigrationNames(root)]);
  return [...prisma, ...postgres];
}

/**
 * What this release has and the database has not finished, of both halves. One small query: for health checks and for the start of a
 * worker. Migrations that the database has and this release does not know are fine: that is a rollback. So is a file of
 * prisma/postgres with another text; `npm run db:status` tells those apart.
 * @param root the folder that holds prisma/, the working directory unless told.
 * @throws when the database does not answer, or was never migrated at all.
 */
export async function pendingMigrations(db: Db, root?: string): Promise<string[]> {
  const names = await (root === undefined ? ownNames() : bundledNames(root));
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
    UNION ALL SELECT name FROM "_postgres_migrations"`;
  const finished = new Set(rows.map(({ name }) => name));
  return names.filter((name) => !finished.has(name));
}
