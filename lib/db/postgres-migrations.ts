import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';

/**
 * The second half of a migration: what Prisma cannot express. Every file of prisma/postgres is idempotent and is run when its text is
 * not the one recorded last, so an edit is applied by the next deployment. A file whose first line holds `concurrent` is run statement
 * by statement outside a transaction, as CREATE INDEX CONCURRENTLY demands; any other is one transaction.
 */
export interface PostgresMigration {
  name: string;
  sql: string;
  checksum: string;
  concurrent: boolean;
}

export interface MigrationState extends PostgresMigration {
  state: 'applied' | 'pending' | 'edited';
}

/** Any fixed number will do, as long as nothing else of ours takes the same lock. */
const LOCK_KEY = 7_305_001;

const LEDGER = `CREATE TABLE IF NOT EXISTS "_postgres_migrations" (
  name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz(3) NOT NULL DEFAULT now(), duration_ms integer NOT NULL)`;

/** Reads the folder, in the order of the names. */
export async function readPostgresMigrations(dir: string): Promise<PostgresMigration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(dir, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { name, sql, checksum, concurrent: sql.split('\n', 1)[0]?.includes('concurrent') ?? false };
    }),
  );
}

/** What of the folder is in the database. */
export async function postgresMigrationStates(client: Client, dir: string): Promise<MigrationState[]> {
  const ledger = await client.query<{ present: boolean }>(
    `SELECT to_regclass('"_postgres_migrations"') IS NOT NULL AS present`,
  );
  const rows = ledger.rows[0]?.present
    ? (await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM "_postgres_migrations"')).rows
    : [];
  const recorded = new Map(rows.map((row) => [row.name, row.checksum]));
  return (await readPostgresMigrations(dir)).map((file) => {
    const checksum = recorded.get(file.name);
    return { ...file, state: checksum === undefined ? 'pending' : checksum === file.checksum ? 'applied' : 'edited' };
  });
}

/**
 * Applies what is pending or edited. Two runs at once take turns: the second finds nothing left to do.
 * @param settings session settings that the files read, e.g. `golive.app_role`.
 * @returns the names that were run.
 */
export async function applyPostgresMigrations(
  client: Client,
  dir: string,
  settings: Record<string, string>,
  onApplied: (name: string, ms: number) => void = () => undefined,
): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [LOCK_KEY]);
  try {
    await client.query(LEDGER);
    for (const [name, value] of Object.entries(settings))
      await client.query('SELECT set_config($1, $2, false)', [name, value]);
    const due = (await postgresMigrationStates(client, dir)).filter((file) => file.state !== 'applied');
    for (const file of due) {
      const started = performance.now();
      await runFile(client, file);
      const ms = Math.round(performance.now() - started);
      await client.query(
        `INSERT INTO "_postgres_migrations" (name, checksum, duration_ms) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now(), duration_ms = excluded.duration_ms`,
        [file.name, file.checksum, ms],
      );
      onApplied(file.name, ms);
    }
    return due.map((file) => file.name);
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [LOCK_KEY]);
  }
}

async function runFile(client: Client, file: PostgresMigration): Promise<void> {
  // pg sends a text without parameters as one simple query, which PostgreSQL runs as one transaction.
  const parts = file.concurrent
    ? file.sql.split(/;\s*$/m).filter((part) => part.replace(/--.*$/gm, '').trim() !== '')
    : [file.sql];
  for (const part of parts) await client.query(part);
}
