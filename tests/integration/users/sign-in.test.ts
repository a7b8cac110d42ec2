import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import type { Db } from '#lib/db.ts';
import { disableUser } from '#lib/users/admin.ts';
import { setPassword } from '#lib/users/create.ts';
import { DUMMY_HASH } from '#lib/auth/password.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { addUser, auditTrail, signInAs, PASSWORD, isStillSignedIn, WEB } from './users.ts';

const compared = vi.hoisted(() => [] as string[]);
/** What others do while a password is being compared. */
const meanwhile = vi.hoisted((): { act: () => Promise<unknown> } => ({ act: () => Promise.resolve() }));
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>();
  return {
    ...real,
    verify: async (hash: string, password: Uint8Array) => {
      compared.push(hash);
      await meanwhile.act();
      return real.verify(hash, password);
    },
  };
});

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
  compared.length = 0;
  meanwhile.act = () => Promise.resolve();
});
afterEach(() => database[Symbol.asyncDispose]());

const WRONG = 'not the right password';
const ADMIN: AuditContext = { actor: { type: 'system', id: 'test', label: 'test' }, origin: { source: 'cli' } };
const attempt = (email: string, password: string) => signIn(database.db, { email, password, origin: WEB });

test('a sign-in opens a session and stands in the log with person, role and origin', async () => {
  const ann = await addUser(database.db, 'ann', 'auditor');
  const session = await signInAs(database.db, ann);
  expect(await isStillSignedIn(database.db, session)).toMatchObject({ email: ann.email, role: 'auditor' });
  expect(await database.db.auditEvent.findMany()).toMatchObject([
    {
      action: 'auth.sign_in',
      outcome: 'success',
      actorType: 'user',
      actorId: ann.id,
      actorRole: 'auditor',
      targetId: ann.id,
      ip: WEB.ip,
      requestId: WEB.requestId,
      reason: null,
      metadata: { method: 'password' },
    },
  ]);
});

test.each([
  ['disabled', (db: Db, id: string) => disableUser(db, ADMIN, id)],
  ['given another password', (db: Db, id: string) => setPassword(db, ADMIN, id, 'orchard 77 copper kettles')],
])('whoever is %s while their password is being compared does not get in', async (_, act) => {
  const ann = await addUser(database.db, 'ann');
  meanwhile.act = () => act(database.db, ann.id);
  const outcome = await attempt(ann.email, PASSWORD);
  expect(compared).toHaveLength(1);
  expect(outcome.ok ? await isStillSignedIn(database.db, outcome.value) : null).toBeNull();
});

test('a stranger learns nothing: every failure gives the same answer after exactly one comparison, and only the log knows why', async () => {
  await addUser(database.db, 'ann');
  const gone = await addUser(database.db, 'gone');
  await database.db.user.update({ where: { id: gone.id }, data: { disabledAt: new Date() } });
  await database.db.user.create({ data: { email: 'sso@example.org', name: 'No password' } });
  const answers = [
    await attempt('ann@example.org', WRONG),
    await attempt('nobody@example.org', WRONG),
    await attempt('gone@example.org', PASSWORD),
    await attempt('gone@example.org', WRONG),
    await attempt('sso@example.org', ''),
    await attempt('ann@example.org', 'x'.repeat(100_000)),
    await attempt('not an address', WRONG),
    await attempt('nul\u0000@example.org', WRONG),
  ];
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ ok: false, code: 'unauthenticated' });
  expect(compared).toHaveLength(answers.length);
  expect(compared.filter((hash) => hash === DUMMY_HASH)).toHaveLength(4);
  expect((await auditTrail(database.db)).map((line) => line.replace('auth.sign_in failure ', ''))).toEqual([
    'bad_credentials',
    'unknown_user',
    'disabled',
    'bad_credentials',
    'bad_credentials',
    'bad_credentials',
    'unknown_user',
    'unknown_user',
  ]);
});

test('a stranger learns nothing by timing: known, unknown and throttled accounts each cost the same statements', async () => {
  const ann = await addUser(database.db, 'ann');
  await signInAs(database.db, ann);
  const statements = async (email: string, password = WRONG) => {
    const query = vi.spyOn(pg.Client.prototype, 'query');
    await attempt(email, password);
    const sent = query.mock.calls.map(([text]) => (text as unknown as { text?: string }).text ?? text);
    query.mockRestore();
    return sent;
  };
  const known = await statements(ann.email);
  expect(await statements('nobody@example.org')).toEqual(known);
  expect(await statements('nul\u0000@example.org')).toEqual(known);
  await database.db.signInThrottle.updateMany({
    where: { key: { not: { startsWith: 'address:' } } },
    data: { blockedUntil: new Date(Date.now() + 60_000) },
  });
  const throttled = await statements(ann.email);
  expect(throttled).not.toEqual(known);
  expect(await statements('nobody@example.org')).toEqual(throttled);
});

test('nobody can sign in with the dummy password of unknown people, nor as somebody without a password', async () => {
  await database.db.user.create({ data: { email: 'sso@example.org', name: 'No password' } });
  for (const password of ['', DUMMY_HASH]) expect((await attempt('sso@example.org', password)).ok).toBe(false);
  expect(await database.db.session.count()).toBe(0);
});

test('a failure names no person as the actor, and keeps what was typed only when it is an address', async () => {
  const ann = await addUser(database.db, 'ann');
  await attempt(ann.email, WRONG);
  await attempt(PASSWORD, WRONG);
  const rows = await database.db.auditEvent.findMany({ orderBy: { id: 'asc' } });
  expect(rows).toMatchObject([
    { actorType: 'anonymous', actorId: null, actorRole: null, actorLabel: ann.email, targetId: ann.id },
    { actorType: 'anonymous', actorId: null, actorLabel: null, targetId: null },
  ]);
  expect(JSON.stringify(rows)).not.toContain(PASSWORD);
});

test('a sign-in that cannot be recorded does not happen: no session, and the attempt stays charged', async () => {
  const ann = await addUser(database.db, 'ann');
  await execute(database.superuserUrl, 'REVOKE INSERT ON "AuditEvent" FROM golive_app');
  await expect(attempt(ann.email, PASSWORD)).rejects.toThrow(/permission denied/);
  expect(await database.db.session.count()).toBe(0);
  expect(await database.db.signInThrottle.aggregate({ _min: { failures: true } })).toEqual({ _min: { failures: 1 } });
});

test('the session row, the counters and the audit row of a success are one transaction', async () => {
  const ann = await addUser(database.db, 'ann');
  await execute(database.superuserUrl, 'REVOKE INSERT ON "Session" FROM golive_app');
  await expect(attempt(ann.email, PASSWORD)).rejects.toThrow(/permission denied/);
  expect(await database.db.auditEvent.count()).toBe(0);
  expect(await database.db.signInThrottle.aggregate({ _min: { failures: true } })).toEqual({ _min: { failures: 1 } });
});
