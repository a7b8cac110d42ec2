import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Client } from 'pg';
import { underMigrationLock } from './lock.ts';

/**
 * The second half of a migration: what Prisma cannot express. Every file of prisma/postgres is idempotent and is run when its text is
 * not the one recorded last, so an edit is applied by the next deployment. A file whose first line holds `concurrent` is run statement
 * by statement outside a transaction, as CREATE INDEX CONCURRENTLY demands; any other is one transaction. One whose first line holds
 * `on every run` heals what may break between deployments, and is run each time.
 */
export interface PostgresMigration {
  name: string;
  sql: string;
  checksum: string;
  concurrent: boolean;
  everyRun: boolean;
}

export interface MigrationState extends PostgresMigration {
  state: 'applied' | 'pending' | 'edited';
}

const LEDGER = `CREATE TABLE IF NOT EXISTS "_postgres_migrations" (
  name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz(3) NOT NULL DEFAULT now(), duration_ms integer NOT NULL)`;

/** Reads the folder, in the order of the names. */
export async function readPostgresMigrations(dir: string): Promise<PostgresMigration[]> {
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
 * @param options `again` runs every file, also what is applied: it puts back what somebody removed by hand.
 * @returns the names of those that were new or edited.
 * @throws when a file fails, naming it; the files before it stay applied.
 */
export async function applyPostgresMigrations(
  client: Client,
  dir: string,
  {
    again = false,
    onApplied,
    say,
  }: { again?: boolean; onApplied?: (name: string, ms: number) => void; say?: (line: string) => void } = {},
): Promise<string[]> {
  const apply = async () => {
    await client.query(LEDGER);
    const states = await postgresMigrationStates(client, dir);
    for (const file of states) {
      if (file.state === 'applied' && !file.everyRun && !again) continue;
      const started = performance.now();
      await runFile(client, file).catch((error: unknown) => {
        throw new Error(`${file.name}: ${(error as Error).message}`, { cause: error });
      });
      if (file.state === 'applied' && !again) continue;
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
  return underMigrationLock(client, apply, say === undefined ? {} : { say });
}

async function runFile(client: Client, file: PostgresMigration): Promise<void> {
  // pg sends a text without parameters as one simple query, which PostgreSQL runs as one transaction.
  if (!file.concurrent) return void (await client.query(file.sql));
  for (const statement of splitStatements(file.sql)) await runStatement(client, statement);
}

/** Cuts a script at each `;` or `\\gexec` that ends a line outside a dollar-quoted body. Other commands of psql are left out. */
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

/**
 * A build beside the writers waits for every transaction that is open, and blocks nobody meanwhile: it has more time than the statements of
 * the session. In milliseconds.
 */
const CONCURRENT_WAIT_MS = 600_000;

/** Runs one statement; with `\\gexec` at its end, as in psql, the texts it returns are run instead of shown. */
export async function runStatement(client: Client, statement: string): Promise<void> {
  if (!statement.endsWith('\\gexec')) return inItsTime(client, statement);
  const made = await client.query<string[]>({ text: statement.slice(0, -'\\gexec'.length), rowMode: 'array' });
  for (const text of made.rows.flat()) await inItsTime(client, text);
}

async function inItsTime(client: Client, statement: string): Promise<void> {
  if (!/\bCONCURRENTLY\b/i.test(statement)) return void (await client.query(statement));
  const { rows } = await client.query<{ wait: string }>(`SELECT current_setting('lock_timeout') AS wait`);
  await client.query(`SET lock_timeout = ${CONCURRENT_WAIT_MS}`);
  try {
    await client.query(statement);
  } finally {
    await client.query(`SELECT set_config('lock_timeout', $1, false)`, [rows[0]?.wait ?? '0']);
  }
}
