import type { Client } from 'pg';
import { readPrismaMigrations } from './files.ts';

/** How one Prisma migration stands. `ahead`: the database has it and this release does not, as after a rollback. */
export interface PrismaState {
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

/** Compares the folder with Prisma's own ledger. A migration that was rolled back by `prisma migrate resolve` counts as never run. */
export async function prismaMigrationStates(client: Client, root: string): Promise<PrismaState[]> {
  const recorded = await readLedger(client);
  const files = await readPrismaMigrations(root);
  const known = files.map(({ name, checksum }): PrismaState => {
    const row = recorded.get(name);
    if (!row) return { name, state: 'pending', detail: 'not applied' };
    if (!row.finished) return { name, state: 'failed', detail: row.logs?.trim() || 'began and did not finish' };
    if (row.checksum !== checksum) return { name, state: 'edited', detail: 'changed after it was applied' };
    return { name, state: 'applied', detail: '' };
  });
  const names = new Set(files.map(({ name }) => name));
  const ahead = [...recorded.keys()]
    .filter((name) => !names.has(name))
    .map((name): PrismaState => ({ name, state: 'ahead', detail: 'the database has it, this release does not' }));
  return [...known, ...ahead];
}

async function readLedger(client: Client): Promise<Map<string, Recorded>> {
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
