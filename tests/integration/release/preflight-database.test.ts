import { expect, test } from 'vitest';
import { judge, type Context } from '#lib/release/preflight/check.ts';
import { database } from '#lib/release/preflight/database.ts';
import { execute } from '../../../scripts/support/postgres.ts';
import { freshDatabase } from '../../support/database.ts';

const context = (url: string, status = { code: 0, output: '' }): Context => ({
  root: process.cwd(),
  env: { MIGRATE_DATABASE_URL: url },
  firstDeployment: false,
  run: () => Promise.resolve(status),
});

const status = (kind: string) => `noise\n${JSON.stringify({ findings: [{ kind, name: 'a', detail: 'b' }] })}`;

test('the database check is red for drift and for a missing partition, yellow for what is pending or out of reach', async () => {
  await using fresh = await freshDatabase();
  expect(await judge(database, context(fresh.ownerUrl))).toMatchObject({ light: 'green' });
  const drift = { code: 1, output: status('index') };
  expect(await judge(database, context(fresh.ownerUrl, drift))).toMatchObject({ light: 'red' });
  const pending = { code: 1, output: status('pending') };
  expect(await judge(database, context(fresh.ownerUrl, pending))).toMatchObject({ light: 'yellow' });
  expect(await judge(database, context('postgres://nobody@127.0.0.1:1/none'))).toMatchObject({ light: 'yellow' });
  expect(await judge(database, context(fresh.superuserUrl))).toMatchObject({ light: 'yellow' });

  const { rows } = await fresh.db.$queryRaw<{ name: string }[]>`SELECT inhrelid::regclass::text AS name FROM pg_inherits
      WHERE inhparent = '"AuditEvent"'::regclass AND inhrelid::regclass::text NOT LIKE '%default%'`.then((found) => ({
    rows: found,
  }));
  for (const { name } of rows) await execute(fresh.ownerUrl, `ALTER TABLE "AuditEvent" DETACH PARTITION ${name}`);
  expect(await judge(database, context(fresh.ownerUrl))).toMatchObject({ light: 'red' });
});
