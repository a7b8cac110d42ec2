import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect, test } from 'vitest';
import { applyRepeatableMigrations, runStatement, splitStatements } from '#lib/db/migrations/repeatable-migrations.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase } from '../../support/database.ts';
import { bareEnvironment } from '../../support/host.ts';
import { haveTool } from '../../support/required-tools.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SCRIPT = fileURLToPath(new URL('../../../docs/ops/audit_keyset_index_standalone.sql', import.meta.url));
const MIGRATIONS = fileURLToPath(new URL('../../../prisma/postgres', import.meta.url));
const run = promisify(execFile);

/** Every way the script may be run. psql is no npm package: where it is absent, the interpreter of our migrations stands for it. */
async function runScript(url: string): Promise<void> {
  try {
    await run('psql', [url, '-X', '-q', '-f', SCRIPT]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    console.info(
      'not checked here: audit_keyset_index_standalone.sql under psql itself, because psql is not installed',
    );
    await interpretScript(url);
  }
}

async function interpretScript(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of splitStatements(await readFile(SCRIPT, 'utf8'))) await runStatement(client, statement);
  } finally {
    await client.end();
  }
}

async function heal(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await applyRepeatableMigrations(client, MIGRATIONS);
  } finally {
    await client.end();
  }
}

/** How many partitions there are, and on how many of them the index is whole. */
async function keyset(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ valid: boolean; whole: number; leaves: number; stray: number }>(`
      SELECT coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('audit_keyset_idx')), false) AS valid,
        (SELECT count(*)::int FROM pg_inherits h JOIN pg_index x ON x.indexrelid = h.inhrelid
         WHERE h.inhparent = to_regclass('audit_keyset_idx') AND x.indisvalid) AS whole,
        (SELECT count(*)::int FROM pg_partition_tree('"AuditEvent"') WHERE isleaf) AS leaves,
        (SELECT count(*)::int FROM pg_index WHERE NOT indisvalid) AS stray`);
    return rows[0];
  } finally {
    await client.end();
  }
}

const WHOLE = { valid: true, whole: 5, leaves: 5, stray: 0 };

test.each([
  ['psql', runScript],
  ['the interpreter', interpretScript],
  ['db:pg:migrate', heal],
])('%s builds a missing keyset index on every partition, twice over if asked', async (_, build) => {
  await using database = await freshDatabase();
  await execute(database.ownerUrl, 'DROP INDEX audit_keyset_idx');
  await writeEvents(database.ownerUrl, 500);
  expect(await keyset(database.ownerUrl)).toMatchObject({ valid: false, whole: 0 });
  await build(database.ownerUrl);
  expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
  await build(database.ownerUrl);
  expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
});

test.each([
  ['psql', runScript],
  ['the interpreter', interpretScript],
  ['db:pg:migrate', heal],
])('%s recovers from a build that was interrupted', async (_, build) => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 500);
  // Exactly what an interrupted CREATE INDEX CONCURRENTLY leaves: an index under the right name that is not valid.
  await execute(
    database.superuserUrl,
    'DROP INDEX audit_keyset_idx',
    `CREATE INDEX left_over ON "AuditEvent_default" ("createdAt" DESC, id DESC)`,
    `DO $$ BEGIN EXECUTE format('ALTER INDEX left_over RENAME TO %I', 'AuditEvent_default_' || substr(md5('audit_keyset_idx'), 1, 12)); END $$`,
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = (SELECT oid FROM pg_class WHERE relname LIKE 'AuditEvent\\_default\\_%' AND relname LIKE '%' || substr(md5('audit_keyset_idx'), 1, 12))`,
  );
  expect(await keyset(database.ownerUrl)).toMatchObject({ valid: false, stray: 1 });
  await build(database.ownerUrl);
  expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
});

test('building the index does not block writers, and a second build waits', async () => {
  await using database = await freshDatabase();
  await execute(database.ownerUrl, 'DROP INDEX audit_keyset_idx');
  const holder = new pg.Client({ connectionString: database.ownerUrl });
  await holder.connect();
  await holder.query('SELECT pg_advisory_lock(7305001)');
  await expect(runScript(database.ownerUrl)).rejects.toThrow(/another migration is running/);
  await holder.end();
  const building = runScript(database.ownerUrl);
  for (let i = 0; i < 10; i++) await writeEvents(database.appUrl, 20);
  await building;
  expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
  expect(await database.db.auditEvent.count()).toBe(200);
});

test('concurrent migrations are serialised and do not deadlock over a concurrent build', async () => {
  await using database = await freshDatabase();
  await execute(database.ownerUrl, 'DROP INDEX audit_keyset_idx');
  await Promise.all([heal(database.ownerUrl), heal(database.ownerUrl), heal(database.ownerUrl)]);
  expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
});

test.each(['docs/PROD_RUNBOOK.md', 'docs/ru/PROD_RUNBOOK.md'])(
  'the command of %s works as written with two roles',
  async (file) => {
    const text = await readFile(new URL(`../../../${file}`, import.meta.url), 'utf8');
    const line = /^psql .*audit_keyset_index_standalone\.sql$/m.exec(text)?.[0] ?? '';
    expect(line).not.toBe('');
    if (!haveTool('psql', 'audit_keyset_index_standalone.sql as the runbook calls it')) return;
    await using database = await freshDatabase();
    await execute(database.ownerUrl, 'DROP INDEX audit_keyset_idx');
    const environment = { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: database.ownerUrl };
    await run('sh', ['-c', line], { env: bareEnvironment(environment), cwd: ROOT });
    expect(await keyset(database.ownerUrl)).toEqual(WHOLE);
  },
);
