import { afterAll, beforeAll, expect, test } from 'vitest';
import { changePassword } from '#lib/users/account.ts';
import { changeRole, disableUser, enableUser, revokeSessions } from '#lib/users/admin.ts';
import { checkResetToken, issueResetLink, resetPassword } from '#lib/auth/reset.ts';
import { signOut, signOutEverywhere } from '#lib/auth/session.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { actOf, addPerson, enter, PASSWORD, stillIn, WEB } from './users.ts';

let database: TestDatabase;
let admin: Awaited<ReturnType<typeof addPerson>>;
beforeAll(async () => {
  database = await freshDatabase();
  admin = await addPerson(database.db, 'root', 'admin');
});
afterAll(() => database[Symbol.asyncDispose]());

const NEXT = 'amber glacier 17 compass';

/** What ends a session, and whether the person's other sessions must end with it. */
const ENDINGS = {
  'signing out': { others: false, end: ({ db }, person, session) => signOut(db, actOf(person), session.sessionId) },
  'signing out everywhere': { others: true, end: ({ db }, person) => signOutEverywhere(db, actOf(person)) },
  'changing the password': {
    others: true,
    end: ({ db }, person) => changePassword(db, actOf(person), { current: PASSWORD, next: NEXT }),
  },
  'a reset through a link': {
    others: true,
    end: async ({ db }, person) => {
      const { token } = await db.$transaction((tx) => issueResetLink(tx, person.id, admin.id));
      expect(await checkResetToken(db, token)).toMatchObject({ ok: true, value: { email: person.email } });
      return resetPassword(db, { token, password: NEXT, origin: WEB });
    },
  },
  'being disabled': { others: true, end: ({ db }, person) => disableUser(db, actOf(admin), person.id) },
  'being disabled and enabled again': {
    others: true,
    end: async ({ db }, person) => {
      await disableUser(db, actOf(admin), person.id);
      return enableUser(db, actOf(admin), person.id);
    },
  },
  'getting another role': { others: true, end: ({ db }, person) => changeRole(db, actOf(admin), person.id, 'auditor') },
  'an admin ending the sessions': {
    others: true,
    end: ({ db }, person) => revokeSessions(db, actOf(admin), person.id),
  },
} satisfies Record<
  string,
  {
    others: boolean;
    end: (
      database: TestDatabase,
      person: Awaited<ReturnType<typeof addPerson>>,
      session: Awaited<ReturnType<typeof enter>>,
    ) => Promise<{ ok: boolean }>;
  }
>;

test.each(Object.entries(ENDINGS))('a copied session dies at once with %s', async (name, { others, end }) => {
  const person = await addPerson(database.db, `copied-${name.replaceAll(' ', '-')}`);
  const mine = await enter(database.db, person);
  const elsewhere = await enter(database.db, person);
  expect(await stillIn(database.db, mine)).toMatchObject({ id: person.id, role: 'user', hasPassword: true });
  expect(await end(database, person, mine)).toMatchObject({ ok: true });
  expect(await stillIn(database.db, mine)).toBeNull();
  expect((await stillIn(database.db, elsewhere)) === null).toBe(others);
});
