import { afterEach, beforeEach, expect, test } from 'vitest';
import { execute } from '../../support/postgres/postgres.ts';
import { insertEvents, type EventColumns } from '../../support/audit.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
  await admins(2);
  await write(1, { action: `'audit.pruned'` });
  await write(2, { action: `'auth.sign_in'`, outcome: `'failure'` });
});
afterEach(() => database[Symbol.asyncDispose]());

/** Events of a moment ago. */
const write = (rows: number, columns: EventColumns) =>
  execute(database.ownerUrl, insertEvents(rows, { createdAt: `date_trunc('milliseconds', now())`, ...columns }));

async function admins(count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await database.db.user.create({ data: { email: `admin${n}@example.org`, name: 'Ada', role: 'admin' } });
}

interface Line {
  name: string;
  state: 'ok' | 'warning' | 'bad';
  detail: string;
}

/** Runs the command as the app. @returns its exit code, and the lines that are not as they should be. */
async function checklist(databaseUrl = database.appUrl) {
  const env = { DATABASE_URL: databaseUrl };
  const { code, stdout, stderr } = await command('node', ['scripts/checklist/24h.ts', '--json'], { env });
  if (stdout === '') return { code, stderr };
  const { lines } = JSON.parse(stdout) as { lines: Line[] };
  return { code, conspicuous: Object.fromEntries(lines.filter(({ state }) => state !== 'ok').map(tell)) };
}

const tell = ({ name, state, detail }: Line) => [name, `${state}: ${detail}`] as const;

test('a quiet day with a prune and two admins is in order, line by line', async () => {
  expect(await checklist()).toEqual({ code: 0, conspicuous: {} });
});

test.each([
  ['sign-in-failure', { action: `'auth.sign_in'`, outcome: `'failure'` }],
  ['denied', { action: `'access.denied'`, outcome: `'denied'` }],
])('an hour with far more of %s than the others is bad', async (name, columns) => {
  await write(60, columns);
  const { code, conspicuous } = await checklist();
  expect(code).toBe(1);
  expect(conspicuous).toEqual({ [name]: expect.stringMatching(/^bad: at most 6\d in an hour/) as unknown });
});

test('about the same number every hour is no spike, however many they are', async () => {
  const hourly = { createdAt: `date_trunc('milliseconds', now()) - (n % 24) * interval '1 hour'` };
  await write(24 * 60 + 5, { ...hourly, action: `'access.denied'`, outcome: `'denied'` });
  expect(await checklist()).toEqual({ code: 0, conspicuous: {} });
});

test('a single admin, a disabled second one included, is bad and is named', async () => {
  await database.db.user.updateMany({ where: { email: 'admin1@example.org' }, data: { disabledAt: new Date() } });
  expect(await checklist()).toEqual({ code: 1, conspicuous: { admins: 'bad: 1: admin0@example.org' } });
});

test('a day without an event is bad, and one without a prune asks for a look', async () => {
  await using empty = await freshDatabase();
  await empty.db.user.createMany({
    data: ['a', 'b'].map((name) => ({ email: `${name}@example.org`, name, role: 'admin' as const })),
  });
  expect(await checklist(empty.appUrl)).toEqual({
    code: 1,
    conspicuous: {
      growth: expect.stringMatching(/^bad: 0 events in the last 24 h/) as unknown,
      retention: expect.stringMatching(/^warning: no prune/) as unknown,
    },
  });
});

test('a database that does not answer is one line and an exit code of its own', async () => {
  const { code, stderr } = await checklist('postgres://app:secret-word@127.0.0.1:1/none');
  expect(code).toBe(3);
  expect(stderr).toMatch(/^checklist:24h: .+\n$/);
  expect(stderr).not.toContain('secret-word');
});
