import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { withMigrationLock } from './lock.ts';

/**
 * Repeatable migrations: what Prisma cannot express. Every file of prisma/postgres is idempotent and runs when its checksum differs from
 * the recorded one, so an edit is applied by the next deployment. A file with
 * `concurrent` in its first line runs statement by statement outside a transaction, as CREATE INDEX CONCURRENTLY requires; any other is one transaction. A file with `on
 * every run` in its first line repairs what may break between deployments, and runs each time.
 */
export interface RepeatableMigration {
  name: string;
  sql: string;
  checksum: string;
  concurrent: boolean;
  everyRun: boolean;
}

export interface RepeatableMigrationState extends RepeatableMigration {
  state: 'applied' | 'pending' | 'edited';
}

const HISTORY_TABLE_SQL = `CREATE TABLE IF NOT EXISTS "_postgres_migrations" (
  name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz(3) NOT NULL DEFAULT now(), duration_ms integer NOT NULL)`;

/** Reads the folder, in the order of the names. */
export async function readRepeatableMigrations(dir: string): Promise<RepeatableMigration[]> {
  const names = (await readdir(dir)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(dir, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      const header = sql.split('\n', 1)[0] ?? '';
      return {
        name,
        sql,
        checksum,
        concurrent: header.includes('concurrent'),
        everyRun: header.includes('on every run'),
      };
    }),
  );
}

/** State of each repeatable migration in the database. */
export async function repeatableMigrationStates(client: Client, dir: string): Promise<RepeatableMigrationState[]> {
  const historyTable = await client.query<{ present: boolean }>(
    `SELECT to_regclass('"_postgres_migrations"') IS NOT NULL AS present`,
  );
  const rows = historyTable.rows[0]?.present
    ? (await client.query<{ name: string; checksum: string }>('SELECT name, checksum FROM "_postgres_migrations"')).rows
    : [];
  const recorded = new Map(rows.map((row) => [row.name, row.checksum]));
  return (await readRepeatableMigrations(dir)).map((file) => {
    const checksum = recorded.get(file.name);
    return { ...file, state: checksum === undefined ? 'pending' : checksum === file.checksum ? 'applied' : 'edited' };
  });
}

/**
 * Applies pending and edited migrations. Concurrent runs are serialised by a lock.
 * @param options `again` runs every file, to restore what was removed by hand.
 * @returns the names of those that were new or edited.
 * @throws when a file fails, naming it; the files before it stay applied.
 */
export async function applyRepeatableMigrations(
  client: Client,
  dir: string,
  {
    rerunAll = false,
    onApplied,
    log,
  }: { rerunAll?: boolean; onApplied?: (name: string, ms: number) => void; log?: (line: string) => void } = {},
): Promise<string[]> {
  const apply = async () => {
    await client.query(HISTORY_TABLE_SQL);
    const states = await repeatableMigrationStates(client, dir);
    for (const file of states) {
      if (file.state === 'applied' && !file.everyRun && !rerunAll) continue;
      const started = performance.now();
      await runFile(client, file).catch((error: unknown) => {
        throw new Error(`${file.name}: ${(error as Error).message}`, { cause: error });
      });
      if (file.state === 'applied' && !rerunAll) continue;
      const ms = Math.round(performance.now() - started);
      await client.query(
        `INSERT INTO "_postgres_migrations" (name, checksum, duration_ms) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now(), duration_ms = excluded.duration_ms`,
        [file.name, file.checksum, ms],
      );
      onApplied?.(file.name, ms);
    }
    return states.filter((file) => file.state !== 'applied').map((file) => file.name);
  };
  return withMigrationLock(client, apply, log === undefined ? {} : { log });
}

async function runFile(client: Client, file: RepeatableMigration): Promise<void> {
  // pg sends a text without parameters as one simple query, which PostgreSQL runs as one transaction.
  if (!file.concurrent) return void (await client.query(file.sql));
  for (const statement of splitStatements(file.sql)) await runStatement(client, statement);
}

/** Splits a script at each `;` or `\\gexec` at the end of a line outside dollar quotes. Other psql commands are skipped. */
export function splitStatements(sql: string): string[] {
  const lines = sql.split('\n').filter((line) => !/^\s*--/.test(line) && !/^\\(?!gexec)/.test(line));
  const statements = [''];
  for (const line of lines) {
    statements.push(`${statements.pop() ?? ''}${line}\n`);
    const quoted = ((statements.at(-1)?.split('$$').length ?? 1) - 1) % 2 === 1;
    if (!quoted && /(;|\\gexec)\s*$/.test(line)) statements.push('');
  }
  return statements.map((statement) => statement.trim()).filter((statement) => statement !== '');
}

/** Lock timeout of concurrent index builds, in milliseconds: they wait for open transactions without blocking anyone. */
const CONCURRENT_WAIT_MS = 600_000;

/** Runs one statement; with `\\gexec` at its end, as in psql, the texts it returns are run instead of shown. */
export async function runStatement(client: Client, statement: string): Promise<void> {
  if (!statement.endsWith('\\gexec')) return runWithLockTimeout(client, statement);
  const made = await client.query<string[]>({ text: statement.slice(0, -'\\gexec'.length), rowMode: 'array' });
  for (const text of made.rows.flat()) await runWithLockTimeout(client, text);
}

async function runWithLockTimeout(client: Client, statement: string): Promise<void> {
  if (!/\bCONCURRENTLY\b/i.test(statement)) return void (await client.query(statement));
  const { rows } = await client.query<{ wait: string }>(`SELECT current_setting('lock_timeout') AS wait`);
  await client.query(`SET lock_timeout = ${CONCURRENT_WAIT_MS}`);
  try {
    await client.query(statement);
  } finally {
    await client.query(`SELECT set_config('lock_timeout', $1, false)`, [rows[0]?.wait ?? '0']);
  }
}
