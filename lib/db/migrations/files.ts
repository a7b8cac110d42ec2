import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of the two kinds of migrations; the image and the standalone build have them at the same paths. */
const PRISMA_DIR = 'prisma/migrations';
export const REPEATABLE_DIR = 'prisma/postgres';

/** A folder of prisma/migrations. The checksum is Prisma's own: SHA-256 of the file, in hex. */
export interface PrismaMigration {
  name: string;
  checksum: string;
}

/** Names of the Prisma migrations of this release, oldest first. `root` is the folder that holds prisma/. */
export async function prismaMigrationNames(root: string): Promise<string[]> {
  const entries = await readdir(join(root, PRISMA_DIR), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

/** Names of the files of prisma/postgres of this release, in the order in which they are run. */
export async function repeatableMigrationNames(root: string): Promise<string[]> {
  return (await readdir(join(root, REPEATABLE_DIR))).filter((name) => name.endsWith('.sql')).sort();
}

/** The Prisma migrations of this release with their checksums. */
export async function readPrismaMigrations(root: string): Promise<PrismaMigration[]> {
  return Promise.all(
    (await prismaMigrationNames(root)).map(async (name) => {
      const sql = await readFile(join(root, PRISMA_DIR, name, 'migration.sql'));
      return { name, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}
