import pg from 'pg';
import { expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { freshDatabase } from '../../support/database.ts';

async function partitions(url: string) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string; rows: string }>(
      `SELECT relname AS name, (xpath('/row/c/text()', query_to_xml(format('SELECT count(*) c FROM %s', oid::regclass), false, true, '')))[1]::text AS rows
       FROM pg_class WHERE oid IN (SELECT relid FROM pg_partition_tree('"AuditEvent"') WHERE isleaf) ORDER BY relname`,
    );
    return new Map(rows.map(({ name, rows }) => [name, Number(rows)]));
  } finally {
    await client.end();
  }
}

const monthName = (months: number, from = new Date()) => {
  const date = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + months, 1));
  return `AuditEvent_${date.toISOString().slice(0, 7).replace('-', '_')}`;
};

test('a migrated database has this month and three ahead, and the app role can have more made, once', async () => {
  await using database = await freshDatabase();
  // The run may have begun in the month before this one.
  const [ledger] = await database.db.$queryRaw<{ at: Date }[]>`
    SELECT applied_at AS at FROM "_postgres_migrations" WHERE name = '041_audit_partitions.sql'`;
  const migrated = [...(await partitions(database.ownerUrl)).keys()];
  expect(migrated).toEqual([...[0, 1, 2, 3].map((months) => monthName(months, ledger?.at)), 'AuditEvent_default']);
  const made = await Promise.all([ensurePartitions(database.db, 5), ensurePartitions(database.db, 5)]);
  const names = [...(await partitions(database.ownerUrl)).keys()];
  expect(made.toSorted((a, b) => a - b)).toEqual([0, names.length - migrated.length]);
  expect(names).toEqual(expect.arrayContaining([...migrated, monthName(4), monthName(5)]));
  expect(await ensurePartitions(database.db, 5)).toBe(0);
  await expect(ensurePartitions(database.db, 500)).rejects.toThrow(/from 0 to 24/);
});

test('rows that had to go to the DEFAULT partition move to their months without being lost or noted twice', async () => {
  await using database = await freshDatabase();
  const when = (months: number) => ({ createdAt: `now() - interval '${months} months'` });
  await writeEvents(database.ownerUrl, 7, when(2));
  await writeEvents(database.ownerUrl, 5, when(90));
  expect(await ensurePartitions(database.db)).toBe(2);
  const found = await partitions(database.ownerUrl);
  expect(found.get(monthName(-2))).toBe(7);
  expect(found.get(monthName(-1))).toBe(0);
  expect(found.get('AuditEvent_default')).toBe(5);
});

test('a partition made later is as append-only as the first, and the app role cannot reach it around its parent', async () => {
  await using database = await freshDatabase();
  await writeEvents(database.ownerUrl, 7, { createdAt: `now() - interval '2 months'` });
  await ensurePartitions(database.db);
  const name = `"${monthName(-2)}"`;
  for (const statement of [`UPDATE ${name} SET reason = 'x'`, `DELETE FROM ${name}`, `TRUNCATE ${name}`]) {
    await expect(execute(database.ownerUrl, statement), statement).rejects.toThrow(/append-only/);
    await expect(execute(database.appUrl, statement), statement).rejects.toThrow(/permission denied/);
  }
  await expect(execute(database.appUrl, `SELECT FROM ${name}`)).rejects.toThrow(/permission denied/);
  await expect(execute(database.appUrl, `SELECT audit_make_partition(now())`)).rejects.toThrow(/permission denied/);
});
