import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { signIn } from '#lib/auth/sign-in.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addUser, auditTrail, signInAs, PASSWORD } from './users.ts';

const compared = vi.hoisted(() => ({ count: 0 }));
// Hashing is not what is tried here: a comparison that costs nothing lets a test make hundreds of attempts.
vi.mock('#lib/auth/password.ts', async (original) => ({
  ...(await original<typeof import('#lib/auth/password.ts')>()),
  verifyPassword: (_hash: string | null | undefined, password: string) => {
    compared.count++;
    return Promise.resolve(password === PASSWORD);
  },
}));

let database: TestDatabase;
const NOON = new Date('2026-03-02T12:00:00Z').getTime();
beforeEach(async () => {
  database = await freshDatabase();
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  compared.count = 0;
});
afterEach(async () => {
  vi.useRealTimers();
  await database[Symbol.asyncDispose]();
});

const wait = (seconds: number) => void vi.setSystemTime(Date.now() + seconds * 1_000);
const attempt = (email: string, password: string, ip: string | null = '203.0.113.9') =>
  signIn(database.db, { email, password, origin: { source: 'web', ip: ip ?? undefined } });
/** Fails as often as told, however long that takes. */
async function failTimes(times: number, email: string, ip?: string) {
  for (let done = 0; done < times;) {
    const before = compared.count;
    await attempt(email, 'wrong', ip);
    if (compared.count > before) done++;
    else wait(1);
  }
}

test('after four failures the wait is a second and doubles, up to a quarter of an hour', async () => {
  await addUser(database.db, 'ann');
  const waits: number[] = [];
  for (let index = 0; index < 17; index++) {
    const before = compared.count;
    let waited = 0;
    while (compared.count === before) {
      await attempt('ann@example.org', 'wrong');
      if (compared.count > before) break;
      const [bucket] = await database.db.signInThrottle.findMany({ where: { key: { startsWith: 'account:' } } });
      waited = ((bucket?.blockedUntil?.getTime() ?? 0) - Date.now()) / 1_000;
      wait(waited);
    }
    waits.push(waited);
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
});

test('while it waits even the right password is refused, without a comparison, and refusals do not prolong the wait', async () => {
  const ann = await addUser(database.db, 'ann');
  for (let index = 0; index < 5; index++) await attempt(ann.email, 'wrong');
  for (let index = 0; index < 20; index++) expect((await attempt(ann.email, PASSWORD)).ok).toBe(false);
  expect(compared.count).toBe(5);
  wait(1.1);
  expect((await attempt(ann.email, PASSWORD)).ok).toBe(true);
  expect((await auditTrail(database.db)).filter((line) => line.endsWith('throttled'))).toHaveLength(1);
});

test('whoever goes on trying while they wait cannot fill the log: one event in ten minutes tells how many, and no comparison is lost', async () => {
  await addUser(database.db, 'ann');
  const told = async (reason: string) =>
    (await database.db.auditEvent.findMany({ where: { reason }, orderBy: { createdAt: 'asc' } })).map(
      (row) => row.metadata,
    );
  await failTimes(12, 'ann@example.org');
  expect(await told('throttled')).toEqual([{ method: 'password', refusals: 1 }]);
  const before = await database.db.signInThrottle.findFirstOrThrow({ where: { key: { startsWith: 'account:' } } });
  await Promise.all(Array.from({ length: 30 }, () => attempt('ann@example.org', 'wrong')));
  wait(11 * 60);
  await failTimes(1, 'ann@example.org');
  await attempt('ann@example.org', 'wrong');
  expect(await told('throttled')).toEqual([
    { method: 'password', refusals: 1 },
    { method: 'password', refusals: before.refusals + 31 },
  ]);
  expect(await told('bad_credentials')).toHaveLength(compared.count);
});

test('a success between them does not lose the count of what was refused', async () => {
  const ann = await addUser(database.db, 'ann');
  await failTimes(5, ann.email);
  for (let index = 0; index < 10; index++) await attempt(ann.email, 'wrong');
  wait(2);
  expect((await attempt(ann.email, PASSWORD)).ok).toBe(true);
  wait(10 * 60);
  await failTimes(5, ann.email, '203.0.113.10');
  await attempt(ann.email, 'wrong', '203.0.113.10');
  const rows = await database.db.auditEvent.findMany({ where: { reason: 'throttled' }, orderBy: { createdAt: 'asc' } });
  expect(rows.map(({ metadata }) => metadata)).toMatchObject([{ refusals: 1 }, { refusals: 10 }]);
});

test('concurrent guesses are throttled like sequential ones', async () => {
  await addUser(database.db, 'ann');
  await Promise.all(Array.from({ length: 30 }, (_, index) => attempt('ann@example.org', `guess ${index}`)));
  expect(compared.count).toBe(5);
});

test('another spelling of the address is the same account to the throttle', async () => {
  await addUser(database.db, 'ann');
  const spellings = [
    'ann@example.org',
    'ANN@example.org',
    '  ann@Example.ORG\t',
    'ａｎｎ@example.org',
    'Ann@EXAMPLE.org\n',
  ];
  for (const [index, spelling] of spellings.entries()) await attempt(spelling, 'wrong', `203.0.113.${index}`);
  expect((await attempt('ann@example.org', PASSWORD, '203.0.113.200')).ok).toBe(false);
  expect(compared.count).toBe(5);
});

test('an unknown account is slowed down exactly like a known one', async () => {
  await addUser(database.db, 'ann');
  const compare = async (email: string, ip: string) => {
    const before = compared.count;
    for (let index = 0; index < 8; index++) await attempt(email, 'wrong', ip);
    return compared.count - before;
  };
  expect(await compare('nobody@example.org', '203.0.113.1')).toBe(await compare('ann@example.org', '203.0.113.2'));
});

test('one address that tries many accounts is slowed down, and owning one account does not wipe its failures', async () => {
  const own = await addUser(database.db, 'mallory');
  const spray = async () => {
    const before = compared.count;
    for (let index = 0; index < 40; index++) {
      await attempt(`person${index}@example.org`, 'wrong');
      if (index % 4 === 3) await attempt(own.email, PASSWORD);
    }
    return compared.count - before;
  };
  expect(await spray()).toBeLessThan(30);
});

test('the throttle counts an IPv6 network as one address', async () => {
  for (let index = 0; index < 40; index++)
    await attempt(`person${index}@example.org`, 'wrong', `2001:db8:1:2::${index}`);
  expect(compared.count).toBe(21);
  await attempt('person@example.org', 'wrong', '2001:db8:1:3::1');
  expect(compared.count).toBe(22);
});

test('an attack from elsewhere keeps the owner out neither at a familiar address nor for ever', async () => {
  const ann = await addUser(database.db, 'ann');
  await signInAs(database.db, ann);
  await failTimes(12, ann.email, '203.0.113.66');
  expect((await attempt(ann.email, PASSWORD, '198.51.100.7')).ok).toBe(true);
  expect((await attempt(ann.email, PASSWORD, '203.0.113.80')).ok).toBe(false);
  wait(15 * 60 + 1);
  expect((await attempt(ann.email, PASSWORD, '203.0.113.80')).ok).toBe(true);
});

test('an address cannot make itself familiar by failing', async () => {
  await addUser(database.db, 'ann');
  for (let index = 0; index < 10; index++) await attempt('ann@example.org', 'wrong', '203.0.113.66');
  expect(compared.count).toBe(5);
});

test('failures are forgotten: half of them after half an hour, all of them in a day, and their rows go', async () => {
  await addUser(database.db, 'ann');
  await failTimes(8, 'ann@example.org');
  wait(30 * 60);
  await attempt('ann@example.org', 'wrong');
  expect(await database.db.signInThrottle.findFirst({ where: { key: { startsWith: 'account:' } } })).toMatchObject({
    failures: 5,
  });
  wait(25 * 60 * 60);
  await attempt('bob@example.org', 'wrong', '203.0.113.10');
  expect(await database.db.signInThrottle.count()).toBe(2);
});

test('without known addresses everybody shares one bucket, which never waits longer than a second', async () => {
  const ann = await addUser(database.db, 'ann');
  await attempt('x0@example.org', 'wrong', null);
  await database.db.signInThrottle.updateMany({ where: { key: { startsWith: 'shared:' } }, data: { failures: 5_000 } });
  await attempt('x1@example.org', 'wrong', null);
  expect((await attempt(ann.email, PASSWORD, null)).ok).toBe(false);
  wait(1.1);
  expect((await attempt(ann.email, PASSWORD, null)).ok).toBe(true);
});

test('the table holds no addresses and no e-mails', async () => {
  await attempt('ann@example.org', 'wrong', '203.0.113.9');
  const keys = (await database.db.signInThrottle.findMany()).map(({ key }) => key);
  expect(keys).toHaveLength(2);
  for (const key of keys) expect(key).toMatch(/^(account|address):[\w-]{43}$/);
});
