import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../support/postgres/postgres.ts';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';

test('npm run up says in a line what is wrong with the server that it was given, before its first step there', async () => {
  await using database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'golive-given-'));
  const wrongPassword = new URL(database.appUrl);
  wrongPassword.password = 'wrong';
  const cases: [Record<string, string>, string][] = [
    [{ DATABASE_URL: 'mysql://a@b/c' }, 'The environment is not usable:\n  DATABASE_URL: must be a postgres:// URL'],
    [{ DATABASE_URL: 'postgres://a@127.0.0.1:1/b' }, 'DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1'],
    [
      { DATABASE_URL: database.appUrl },
      'DATABASE_URL: its user may not make tables; MIGRATE_DATABASE_URL must name their owner',
    ],
    [
      { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: wrongPassword.href },
      'MIGRATE_DATABASE_URL: password authentication failed for user "golive_app"',
    ],
    [
      { DATABASE_URL: wrongPassword.href, MIGRATE_DATABASE_URL: database.ownerUrl },
      'DATABASE_URL: password authentication failed for user "golive_app"',
    ],
  ];
  const port = String(await freePort());
  await Promise.all(
    cases.map(async ([env, line], index) => {
      const data = { GOLIVE_DATA_FOLDER: join(folder, String(index)) };
      const outcome = await command('node', ['scripts/dev/up.ts', '--port', port], { env: { ...env, ...data } });
      expect(outcome).toEqual({ code: 1, stdout: 'database   ... \n', stderr: `golive: ${line}\n` });
    }),
  );
  await rm(folder, { recursive: true });
});
