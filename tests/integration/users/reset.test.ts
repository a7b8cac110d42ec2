import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createResetLink, disableUser } from '#lib/users/admin.ts';
import { checkResetToken, resetPassword } from '#lib/auth/reset.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, auditTrail, signInAs, PASSWORD, WEB } from './users.ts';

let database: TestDatabase;
let root: Awaited<ReturnType<typeof addUser>>;
let ann: Awaited<ReturnType<typeof addUser>>;
beforeEach(async () => {
  database = await freshDatabase();
  root = await addUser(database.db, 'root', 'admin');
  ann = await addUser(database.db, 'ann');
});
afterEach(async () => {
  vi.useRealTimers();
  await database[Symbol.asyncDispose]();
});

const NEXT = 'amber glacier 17 compass';
const reset = (token: string, password = NEXT) => resetPassword(database.db, { token, password, origin: WEB });

async function makeLink() {
  const link = await createResetLink(database.db, auditContextOf(root), ann.id);
  if (!link.ok) throw new Error(link.detail);
  return link.value;
}

test('a link works once: the second use finds nothing, and the old password is gone', async () => {
  const { token } = await makeLink();
  expect(await reset(token)).toMatchObject({ ok: true });
  expect(await reset(token, 'crimson orchard 66 saddles')).toMatchObject({ ok: false, code: 'invalid_token' });
  expect(await checkResetToken(database.db, token)).toMatchObject({ ok: false, code: 'invalid_token' });
  expect((await signIn(database.db, { email: ann.email, password: PASSWORD, origin: WEB })).ok).toBe(false);
  await signInAs(database.db, ann, NEXT);
  expect(await auditTrail(database.db)).toContain('auth.password_reset failure invalid_token');
});

test('of many uses at the same moment exactly one wins, and its password is the one that counts', async () => {
  const { token } = await makeLink();
  const passwords = Array.from({ length: 5 }, (_, index) => `${NEXT} number ${index}`);
  const outcomes = await Promise.all(passwords.map((password) => reset(token, password)));
  expect(outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  await signInAs(database.db, ann, passwords[outcomes.findIndex(({ ok }) => ok)]);
});

test('a link dies after a day, when a newer one is made, and when its owner is disabled', async () => {
  const first = await makeLink();
  const second = await makeLink();
  expect((await checkResetToken(database.db, first.token)).ok).toBe(false);
  vi.useFakeTimers({ toFake: ['Date'], now: second.expiresAt.getTime() - 1_000 });
  expect((await checkResetToken(database.db, second.token)).ok).toBe(true);
  vi.setSystemTime(second.expiresAt.getTime());
  expect((await reset(second.token)).ok).toBe(false);
  vi.useRealTimers();
  const third = await makeLink();
  await disableUser(database.db, auditContextOf(root), ann.id);
  expect((await reset(third.token)).ok).toBe(false);
});

test('a weak password does not use the link up, and is recorded', async () => {
  const { token } = await makeLink();
  expect(await reset(token, 'short')).toMatchObject({ ok: false, code: 'weak_password' });
  expect(await auditTrail(database.db)).toContain('auth.password_reset failure weak_password');
  expect(await reset(token)).toMatchObject({ ok: true });
});

test('the database keeps the hash of the secret alone, and the log nothing of it', async () => {
  const { token } = await makeLink();
  const [row] = await database.db.passwordReset.findMany();
  expect(row).toMatchObject({ tokenHash: createHash('sha256').update(token).digest('hex'), createdById: root.id });
  await reset(token);
  const kept = JSON.stringify([await database.db.auditEvent.findMany(), await database.db.passwordReset.findMany()]);
  expect(kept).not.toContain(token);
  expect(kept).not.toContain(NEXT);
});

test('a new password through a link ends the wait that others’ guesses have caused', async () => {
  for (let index = 0; index < 6; index++)
    await signIn(database.db, { email: ann.email, password: 'wrong', origin: { source: 'web', ip: '203.0.113.9' } });
  const { token } = await makeLink();
  await reset(token);
  await signInAs(database.db, ann, NEXT);
});

test('tokens tried at random cannot fill the log: all of ten minutes are one event', async () => {
  for (let n = 0; n < 25; n++) expect((await reset(`guess-${n}`)).ok).toBe(false);
  expect((await auditTrail(database.db)).filter((line) => line.includes('invalid_token'))).toHaveLength(1);
});
