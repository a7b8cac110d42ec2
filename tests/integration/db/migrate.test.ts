import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../support/database.ts';
import { copyRelease } from '../../support/release.ts';

test('two deployments at once on an empty database: both succeed, and everything is applied once', async () => {
  await using database = await freshDatabase({ migrated: false });
  await using release = await copyRelease();
  const runs = await Promise.all([1, 2].map(() => release.migrate(database)));
  for (const run of runs) expect(run, run.stderr).toMatchObject({ code: 0 });
  const ledger = await database.db.$queryRaw<{ name: string; runs: bigint }[]>`
    SELECT migration_name AS name, count(*) AS runs FROM "_prisma_migrations" GROUP BY 1`;
  expect(ledger.every(({ runs: count }) => count === 1n)).toBe(true);
  const applied = runs.flatMap(({ stdout }) => stdout.match(/^applied \S+/gm) ?? []);
  expect(new Set(applied).size).toBe(applied.length);
  expect(await release.script(database, 'db/status')).toMatchObject({ code: 0 });
});

test('a file of prisma/postgres that fails stops the deployment, names itself, leaves nothing half done, and runs when repaired', async () => {
  await using database = await freshDatabase();
  await using release = await copyRelease();
  const file = release.path('prisma/postgres/999_breaks.sql');
  await writeFile(file, 'CREATE TABLE half (id int);\nSELECT 1/0;\n');
  const failed = await release.migrate(database);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('999_breaks.sql: division by zero');
  await writeFile(file, '-- repaired\nSELECT 1;\n');
  expect(await release.migrate(database)).toMatchObject({ code: 0 });
  expect(await database.db.$queryRaw`SELECT to_regclass('half')::text AS half`).toEqual([{ half: null }]);
});

test('a concurrent file builds its index outside of a transaction, and again after a first try was cut short', async () => {
  await using database = await freshDatabase();
  await using release = await copyRelease();
  const file = release.path('prisma/postgres/999_index.sql');
  const build = 'CREATE INDEX CONCURRENTLY IF NOT EXISTS name_idx ON "User" (name);';
  await writeFile(file, `-- concurrent\n${build}\nSELECT 1/0;\n`);
  expect((await release.script(database, 'db/pg/migrate')).code).toBe(1);
  await writeFile(file, `-- concurrent\n${build}\n`);
  expect(await release.script(database, 'db/pg/migrate')).toMatchObject({ code: 0 });
  expect(await database.db.$queryRaw`SELECT indisvalid FROM pg_index WHERE indexrelid = 'name_idx'::regclass`).toEqual([
    { indisvalid: true },
  ]);
});
