import { expect, test } from 'vitest';
import { runCheck, type Context } from '#lib/release/preflight/check.ts';
import { database } from '#lib/release/preflight/database.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase } from '../../support/database.ts';

const context = (url: string, status = { code: 0, output: '' }): Context => ({
  root: process.cwd(),
  env: { MIGRATE_DATABASE_URL: url },
  firstDeployment: false,
  run: () => Promise.resolve(status),
});

test('a server that answers and refuses a URL is red, and says which', async () => {
  await using fresh = await freshDatabase();
  const env = (app: string) => ({
    ...context(fresh.ownerUrl),
    env: { MIGRATE_DATABASE_URL: fresh.ownerUrl, DATABASE_URL: app },
  });
  expect(await runCheck(database, env(fresh.appUrl))).toMatchObject({ light: 'green' });
  for (const [wrong, why] of [
    [
      fresh.appUrl.replace(/\/[^/]+$/, '/no_such_database'),
      /refuses DATABASE_URL: database .*no_such_database.* does not exist/,
    ],
    [fresh.appUrl.replace(/:[^:@]+@/, ':wrong-password@'), /refuses DATABASE_URL: password authentication failed/],
    [fresh.appUrl.replace(/\/\/[^:]+:/, '//no_such_role:'), /refuses DATABASE_URL/],
  ] as const) {
    const verdict = await runCheck(database, env(wrong));
    expect(verdict, wrong).toMatchObject({ light: 'red' });
    expect(JSON.stringify(verdict.findings)).toMatch(why);
    expect(JSON.stringify(verdict.findings)).not.toContain('wrong-password');
  }
  const away = await runCheck(database, env('postgres://app:x@127.0.0.1:1/none'));
  expect(away).toMatchObject({ light: 'yellow' });
  expect(JSON.stringify(away.findings)).toMatch(/DATABASE_URL is not reachable from here/);
});

const status = (kind: string) => `noise\n${JSON.stringify({ findings: [{ kind, name: 'a', detail: 'b' }] })}`;

test('the database check is red for drift and for a missing partition, yellow for what is pending or out of reach', async () => {
  await using fresh = await freshDatabase();
  expect(await runCheck(database, context(fresh.ownerUrl))).toMatchObject({ light: 'green' });
  const drift = { code: 1, output: status('index') };
  expect(await runCheck(database, context(fresh.ownerUrl, drift))).toMatchObject({ light: 'red' });
  const pending = { code: 1, output: status('pending') };
  expect(await runCheck(database, context(fresh.ownerUrl, pending))).toMatchObject({ light: 'yellow' });
  expect(await runCheck(database, context('postgres://nobody@127.0.0.1:1/none'))).toMatchObject({ light: 'yellow' });
  expect(await runCheck(database, context(fresh.superuserUrl))).toMatchObject({ light: 'yellow' });

  const { rows } = await fresh.db.$queryRaw<{ name: string }[]>`SELECT inhrelid::regclass::text AS name FROM pg_inherits
      WHERE inhparent = '"AuditEvent"'::regclass AND inhrelid::regclass::text NOT LIKE '%default%'`.then((found) => ({
    rows: found,
  }));
  for (const { name } of rows) await execute(fresh.ownerUrl, `ALTER TABLE "AuditEvent" DETACH PARTITION ${name}`);
  expect(await runCheck(database, context(fresh.ownerUrl))).toMatchObject({ light: 'red' });
});
