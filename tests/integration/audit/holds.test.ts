import pg from 'pg';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { ensurePartitions } from '#lib/audit/retention/partitions.ts';
import { prune } from '#lib/audit/retention/prune.ts';
import { planPrune } from '#lib/audit/retention/policy.ts';
import { seal } from '#lib/audit/proof/seal.ts';
import { signingKey } from '#lib/audit/proof/signing.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { writeEvents } from '../../support/audit.ts';
import { testAgent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { SECRET, testEnvironment, verifyAsCommand } from '../../support/audit-proof.ts';
import { addUser } from '../users/users.ts';

let database: TestDatabase;

beforeAll(testEnvironment);
beforeEach(async () => {
  database = await freshDatabase();
  await writeEvents(database.ownerUrl, 60, {
    createdAt: `date_trunc('month', now()) - interval '6 months' + n * interval '1 minute'`,
    actorId: `'user-' || n % 10`,
  });
  await ensurePartitions(database.db);
  await seal(database.db, { checkpoint: 'always' });
});
afterEach(() => database[Symbol.asyncDispose]());

const POLICY = { days: 100, longer: [] };
const hold = (args: string[], url = database.ownerUrl) =>
  command('node', ['scripts/audit/hold.ts', ...args], {
    env: { DATABASE_URL: database.appUrl, MIGRATE_DATABASE_URL: url },
  });

async function pruneOnce() {
  const lock = new pg.Client({ connectionString: database.appUrl });
  await lock.connect();
  try {
    return await prune(database.db, lock, { policy: POLICY, key: signingKey({ NEXTAUTH_SECRET: SECRET }) });
  } finally {
    await lock.end();
  }
}

test('events under a legal hold are kept until its release; placing and releasing are recorded with a reason', async () => {
  const placed = await hold(['add', '--actor', 'user-7', '--reason', 'case 7', '--json']);
  expect(placed).toMatchObject({ code: 0, stderr: '' });
  const { id } = JSON.parse(placed.stdout) as { id: string };

  expect((await planPrune(database.db, POLICY)).find(({ rows }) => rows > 0)).toMatchObject({ rows: 54, held: 6 });
  const dry = await command('node', ['scripts/audit/prune.ts', '--dry-run'], {
    env: { DATABASE_URL: database.appUrl, NEXTAUTH_SECRET: SECRET, AUDIT_RETENTION_DAYS: '100' },
  });
  expect(dry.stdout).toContain(`held: ${id}  by user-7: case 7`);
  expect(dry.stdout).toContain('6 of them held');

  expect(await pruneOnce()).toMatchObject({ removed: 54 });
  expect(await database.db.auditEvent.count({ where: { actorId: 'user-7' } })).toBe(6);
  expect((await hold(['list'])).stdout).toContain('case 7');

  expect(await hold(['release', id, '--reason', 'case closed'])).toMatchObject({ code: 0 });
  expect((await hold(['list'])).stdout).toBe('nothing is held\n');
  await pruneOnce();
  expect(await database.db.auditEvent.count({ where: { actorId: 'user-7' } })).toBe(0);
  const recorded = await database.db.auditEvent.findMany({
    where: { targetId: id },
    orderBy: { createdAt: 'asc' },
    select: { action: true, metadata: true, source: true },
  });
  expect(recorded).toEqual([
    { action: 'audit.hold_placed', metadata: { actorId: 'user-7', reason: 'case 7' }, source: 'cli' },
    { action: 'audit.hold_released', metadata: { reason: 'case closed' }, source: 'cli' },
  ]);
  await seal(database.db, { checkpoint: 'always' });
  expect(await verifyAsCommand(database)).toMatchObject({ ok: true });
});

test('the app role can neither place nor release a hold, and then nothing is recorded', async () => {
  const refused = await hold(['add', '--everything', '--reason', 'mine'], database.appUrl);
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('permission denied') as string });
  expect(await database.db.auditEvent.count({ where: { action: { startsWith: 'audit.hold' } } })).toBe(0);
  expect(await database.db.auditHold.count()).toBe(0);
});

test.each([
  ['without a reason', ['add', '--everything'], /a reason is needed/],
  ['without a scope', ['add', '--reason', 'x'], /give a scope/],
  ['with all and a part', ['add', '--reason', 'x', '--everything', '--actor', 'a'], /give a scope/],
  ['with a time that is none', ['add', '--reason', 'x', '--from', 'soon'], /take a time/],
  ['that ends before it begins', ['add', '--reason', 'x', '--from', '2026-02-01', '--to', '2026-01-01'], /before --to/],
  ['of an unknown verb', ['keep'], /add, list or release/],
  ['released without an id', ['release', '--reason', 'x'], /the id of a hold/],
])('a hold %s is wrong use', async (_, args, message) => {
  expect(await hold(args)).toMatchObject({ code: 2, stderr: expect.stringMatching(message) as string });
});

test('a hold that is not there cannot be released', async () => {
  const absent = '019ab000-0000-7000-8000-0000000000ff';
  expect(await hold(['release', absent, '--reason', 'x'])).toMatchObject({ code: 3 });
});

test('a hold by e-mail address covers the user and prints the number of events; an unknown address is rejected', async () => {
  const { id } = await addUser(database.db, 'ann');
  await writeEvents(database.ownerUrl, 7, { actorId: `'${id}'`, actorLabel: `'ann@example.org'` });
  const placed = await hold(['add', '--actor', 'Ann@Example.org', '--reason', 'case 8', '--json']);
  expect(JSON.parse(placed.stdout)).toMatchObject({ events: 7, actorId: id });
  await execute(database.ownerUrl, `DELETE FROM "User" WHERE id = '${id}'`);
  const gone = await hold(['add', '--actor', 'ann@example.org', '--reason', 'case 9']);
  expect(gone).toMatchObject({ code: 0, stdout: expect.stringContaining(', 7 events') as string });
  expect(await hold(['add', '--actor', 'nobody@example.org', '--reason', 'x'])).toMatchObject({ code: 3 });
  expect(await database.db.auditHold.count()).toBe(2);
});

test('a hold by the name of an agent holds its id, and one that covers nothing says so', async () => {
  const { id, name } = await testAgent(database.db);
  const placed = await hold(['add', '--target', name, '--reason', 'case 10', '--json']);
  expect(JSON.parse(placed.stdout)).toMatchObject({ targetId: id });
  const empty = await hold(['add', '--actor', 'nothing-of-the-kind', '--reason', 'x']);
  expect(empty.stdout).toContain('no event of now: check the scope');
});

test('a hold takes an address as it is stored, whatever way it was typed, and what an agent calls its own actor as an id', async () => {
  const { id } = await database.db.user.create({
    data: { email: 'ivan@xn--e1afmkfd.xn--p1ai', name: 'Ivan', role: 'user' },
  });
  const placed = await hold(['add', '--actor', 'Ivan@пример.рф', '--reason', 'case 11', '--json']);
  expect(JSON.parse(placed.stdout)).toMatchObject({ actorId: id });
  const robot = await hold(['add', '--actor', 'press-bot:robot@example.org', '--reason', 'case 12', '--json']);
  expect(JSON.parse(robot.stdout)).toMatchObject({ actorId: 'press-bot:robot@example.org' });
});
