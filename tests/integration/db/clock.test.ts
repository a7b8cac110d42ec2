import { expect, test } from 'vitest';
import { command } from '../../support/command.ts';
import { freshDatabase } from '../../support/database.ts';

/** Far more than a busy machine needs for a query, far less than the shift of any clock of `npm run test:calendar`. */
const APART_MS = 10 * 60_000;

test('this process, the server and a command that a test starts live in one time and one zone', async () => {
  await using database = await freshDatabase();
  const [server] = await database.db.$queryRaw<{ now: Date }[]>`SELECT now() AS now`;
  const zoneOf = `Intl.DateTimeFormat().resolvedOptions().timeZone`;
  const { stdout } = await command('node', ['-p', `[Date.now(), ${zoneOf}].join(' ')`]);
  const [now, zone] = stdout.trim().split(' ');
  expect(Math.abs(Number(server?.now) - Date.now())).toBeLessThan(APART_MS);
  expect(Math.abs(Number(now) - Date.now())).toBeLessThan(APART_MS);
  expect(zone).toBe(new Intl.DateTimeFormat().resolvedOptions().timeZone);
});
