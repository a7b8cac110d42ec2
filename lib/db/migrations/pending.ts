import type { Db } from '../../db.ts';
import { repeatableMigrationNames, prismaMigrationNames } from './files.ts';

let cachedNames: Promise<string[]> | undefined;

/** Names of this release's migrations, cached; failures are not cached. */
function releaseMigrationNames(): Promise<string[]> {
  cachedNames ??= readMigrationNames(process.cwd()).catch((error: unknown) => {
    cachedNames = undefined;
    throw error;
  });
  return cachedNames;
}

async function readMigrationNames(root: string): Promise<string[]> {
  const [prisma, postgres] = await Promise.all([prismaMigrationNames(root), repeatableMigrationNames(root)]);
  return [...prisma, ...postgres];
}

/**
 * Migrations of this release that are not applied, of both kinds. One small query, for health checks and worker start. Unknown applied
 * migrations are fine (after a rollback), and so are edited files of prisma/postgres; `npm run db:status` reports those.
 * @param root the folder that holds prisma/, default the working directory.
 * @throws when the database does not respond, or was never migrated.
 */
export async function pendingMigrations(db: Db, root?: string): Promise<string[]> {
  const names = await (root === undefined ? releaseMigrationNames() : readMigrationNames(root));
  const rows = await db.$queryRaw<{ name: string }[]>`
    SELECT migration_name AS name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL
    UNION ALL SELECT name FROM "_postgres_migrations"`;
  const finished = new Set(rows.map(({ name }) => name));
  return names.filter((name) => !finished.has(name));
}
