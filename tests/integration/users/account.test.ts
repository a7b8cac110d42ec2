import { afterEach, beforeEach, expect, test } from 'vitest';
import { changePassword } from '#lib/users/account.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, auditTrail, signInAs, PASSWORD, isStillSignedIn, WEB } from './users.ts';

let database: TestDatabase;
let ann: Awaited<ReturnType<typeof addUser>>;
beforeEach(async () => {
  database = await freshDatabase();
  ann = await addUser(database.db, 'ann');
});
afterEach(() => database[Symbol.asyncDispose]());

const NEXT = 'amber glacier 17 compass';
const change = (current: string, next = NEXT) => changePassword(database.db, auditContextOf(ann), { current, next });

test('a password change creates a new session, ends all others, and invalidates the old password', async () => {
  const before = await signInAs(database.db, ann);
  const changed = await change(PASSWORD);
  if (!changed.ok) throw new Error(changed.detail);
  expect(await isStillSignedIn(database.db, before)).toBeNull();
  expect(await isStillSignedIn(database.db, changed.value)).toMatchObject({ id: ann.id });
  expect((await signIn(database.db, { email: ann.email, password: PASSWORD, origin: WEB })).ok).toBe(false);
  await signInAs(database.db, ann, NEXT);
});

test('password guesses in a session are throttled, and sign-in is not affected', async () => {
  for (let index = 0; index < 5; index++) expect(await change('wrong')).toMatchObject({ code: 'wrong_password' });
  expect(await change(PASSWORD)).toMatchObject({ ok: false, code: 'rate_limited' });
  await signInAs(database.db, ann);
  expect((await auditTrail(database.db)).slice(-3)).toEqual([
    'auth.password_changed failure wrong_password',
    'auth.password_changed failure throttled',
    'auth.sign_in success',
  ]);
});

test('a weak new password changes nothing, is recorded, and does not count as a wrong one', async () => {
  for (let index = 0; index < 6; index++)
    expect(await change(PASSWORD, 'short')).toMatchObject({ code: 'weak_password' });
  expect(await change(PASSWORD)).toMatchObject({ ok: true });
  expect(await auditTrail(database.db)).toContain('auth.password_changed failure weak_password');
});

test('of two concurrent changes only one succeeds', async () => {
  const outcomes = await Promise.all([change(PASSWORD, `${NEXT} a`), change(PASSWORD, `${NEXT} b`)]);
  expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual(['ok', 'wrong_password']);
});

test('a change that cannot be recorded does not happen', async () => {
  const session = await signInAs(database.db, ann);
  await execute(database.superuserUrl, 'REVOKE INSERT ON "AuditEvent" FROM golive_app');
  await expect(change(PASSWORD)).rejects.toThrow(/permission denied/);
  expect(await isStillSignedIn(database.db, session)).not.toBeNull();
});
