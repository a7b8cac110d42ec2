import type { Client } from 'pg';
import { readPrismaMigrations } from './files.ts';

/** State of a Prisma migration. `ahead`: applied but not in this release, as after a rollback. */
export interface PrismaMigrationState {
  name: string;
  state: 'applied' | 'pending' | 'failed' | 'edited' | 'ahead';
  /** What the failure said, or which checksum differs. */
  detail: string;
}

interface Recorded {
  name: string;
  checksum: string;
  finished: boolean;
  logs: string | null;
}

/** Compares the folder with Prisma's migration history. A migration resolved as rolled back counts as not applied. */
export async function prismaMigrationStates(client: Client, root: string): Promise<PrismaMigrationState[]> {
  const recorded = await readMigrationHistory(client);
  const files = await readPrismaMigrations(root);
  const known = files.map(({ name, checksum }): PrismaMigrationState => {
    const row = recorded.get(name);
    if (!row) return { name, state: 'pending', detail: 'not applied' };
    if (!row.finished) return { name, state: 'failed', detail: row.logs?.trim() || 'began and did not finish' };
    if (row.checksum !== checksum) return { name, state: 'edited', detail: 'changed after it was applied' };
    return { name, state: 'applied', detail: '' };
  });
  const names = new Set(files.map(({ name }) => name));
  const ahead = [...recorded.keys()]
    .filter((name) => !names.has(name))
    .map((name): PrismaMigrationState => ({
      name,
      state: 'ahead',
      detail: 'the database has it, this release does not',
    }));
  return [...known, ...ahead];
}

async function readMigrationHistory(client: Client): Promise<Map<string, Recorded>> {
  const { rows: present } = await client.query<{ present: boolean }>(
    `SELECT to_regclass('"_prisma_migrations"') IS NOT NULL AS present`,
  );
  if (!present[0]?.present) return new Map();
  const { rows } = await client.query<Recorded>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS finished, logs
     FROM "_prisma_migrations" WHERE rolled_back_at IS NULL ORDER BY started_at`,
  );
  return new Map(rows.map((row) => [row.name, row]));
}
