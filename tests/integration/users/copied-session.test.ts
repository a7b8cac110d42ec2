import { afterAll, beforeAll, expect, test } from 'vitest';
import { changePassword } from '#lib/users/account.ts';
import { changeRole, disableUser, enableUser, revokeSessions } from '#lib/users/admin.ts';
import { checkResetToken, issueResetLink, resetPassword } from '#lib/auth/reset.ts';
import { signOut, signOutEverywhere } from '#lib/auth/session.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, signInAs, PASSWORD, isStillSignedIn, WEB } from './users.ts';

let database: TestDatabase;
let admin: Awaited<ReturnType<typeof addUser>>;
beforeAll(async () => {
  database = await freshDatabase();
  admin = await addUser(database.db, 'root', 'admin');
});
afterAll(() => database[Symbol.asyncDispose]());

const NEXT = 'amber glacier 17 compass';

/** What ends a session, and whether the person's other sessions must end with it. */
const ENDINGS = {
  'signing out': {
    others: false,
    end: ({ db }, person, session) => signOut(db, auditContextOf(person), session.sessionId),
  },
  'signing out everywhere': { others: true, end: ({ db }, person) => signOutEverywhere(db, auditContextOf(person)) },
  'changing the password': {
    others: true,
    end: ({ db }, person) => changePassword(db, auditContextOf(person), { current: PASSWORD, next: NEXT }),
  },
  'a reset through a link': {
    others: true,
    end: async ({ db }, person) => {
      const { token } = await db.$transaction((tx) => issueResetLink(tx, person.id, admin.id));
      expect(await checkResetToken(db, token)).toMatchObject({ ok: true, value: { email: person.email } });
      return resetPassword(db, { token, password: NEXT, origin: WEB });
    },
  },
  'being disabled': { others: true, end: ({ db }, person) => disableUser(db, auditContextOf(admin), person.id) },
  'being disabled and enabled again': {
    others: true,
    end: async ({ db }, person) => {
      await disableUser(db, auditContextOf(admin), person.id);
      return enableUser(db, auditContextOf(admin), person.id);
    },
  },
  'getting another role': {
    others: true,
    end: ({ db }, person) => changeRole(db, auditContextOf(admin), person.id, 'auditor'),
  },
  'an admin ending the sessions': {
    others: true,
    end: ({ db }, person) => revokeSessions(db, auditContextOf(admin), person.id),
  },
} satisfies Record<
  string,
  {
    others: boolean;
    end: (
      database: TestDatabase,
      person: Awaited<ReturnType<typeof addUser>>,
      session: Awaited<ReturnType<typeof signInAs>>,
    ) => Promise<{ ok: boolean }>;
  }
>;

test.each(Object.entries(ENDINGS))('a copied session ends immediately with %s', async (name, { others, end }) => {
  const person = await addUser(database.db, `copied-${name.replaceAll(' ', '-')}`);
  const mine = await signInAs(database.db, person);
  const elsewhere = await signInAs(database.db, person);
  expect(await isStillSignedIn(database.db, mine)).toMatchObject({ id: person.id, role: 'user', hasPassword: true });
  expect(await end(database, person, mine)).toMatchObject({ ok: true });
  expect(await isStillSignedIn(database.db, mine)).toBeNull();
  expect((await isStillSignedIn(database.db, elsewhere)) === null).toBe(others);
});
