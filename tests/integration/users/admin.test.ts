import { afterEach, beforeEach, expect, test } from 'vitest';
import { changeRole, createResetLink, disableUser, enableUser, revokeSessions } from '#lib/users/admin.ts';
import { createUser } from '#lib/users/create.ts';
import { countActiveAdmins } from '#lib/users/list.ts';
import { resetPassword } from '#lib/auth/reset.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, auditTrail, signInAs, PASSWORD, WEB } from './users.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const NOBODY = '018f0000-0000-7000-8000-000000000000';

test('the last active admin can be neither disabled nor demoted, and the refusal stands in the log', async () => {
  const { db } = database;
  const root = await addUser(db, 'root', 'admin');
  const former = await addUser(db, 'former', 'admin');
  expect(await disableUser(db, auditContextOf(root), former.id)).toMatchObject({ ok: true });
  expect(await disableUser(db, auditContextOf(root), root.id)).toMatchObject({ ok: false, code: 'last_admin' });
  expect(await changeRole(db, auditContextOf(root), root.id, 'auditor')).toMatchObject({
    ok: false,
    code: 'last_admin',
  });
  expect(await countActiveAdmins(db)).toBe(1);
  expect(await auditTrail(db)).toEqual([
    'user.disabled success',
    'user.disabled failure last_admin',
    'user.role_changed failure last_admin',
  ]);
});

test('whatever admins do to one another at the same moment, one active admin remains', async () => {
  const { db } = database;
  for (let round = 0; round < 8; round++) {
    await db.user.updateMany({ data: { disabledAt: new Date() } });
    const admins = await Promise.all([0, 1, 2].map((index) => addUser(db, `admin-${round}-${index}`, 'admin')));
    const outcomes = await Promise.all(
      admins.flatMap((actor, index) =>
        admins
          .filter((target) => target !== actor)
          .map((target) =>
            index % 2 === 0
              ? disableUser(db, auditContextOf(actor), target.id)
              : changeRole(db, auditContextOf(actor), target.id, 'auditor'),
          ),
      ),
    );
    expect(await countActiveAdmins(db), `round ${round}`).toBe(1);
    expect(outcomes.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(2);
  }
});

test('two admins who disable themselves at the same moment: one of them stays', async () => {
  const { db } = database;
  const [a, b] = await Promise.all([addUser(db, 'a', 'admin'), addUser(db, 'b', 'admin')]);
  const outcomes = await Promise.all([
    disableUser(db, auditContextOf(a), a.id),
    disableUser(db, auditContextOf(b), b.id),
  ]);
  expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual(['last_admin', 'ok']);
});

test('who has just lost the role cannot go on with an act that was under way, and the log says that they tried', async () => {
  const { db } = database;
  const root = await addUser(db, 'root', 'admin');
  const other = await addUser(db, 'other', 'admin');
  const target = await addUser(db, 'target');
  await changeRole(db, auditContextOf(root), other.id, 'user');
  const stale = auditContextOf(other);
  for (const refused of [
    await disableUser(db, stale, target.id),
    await changeRole(db, stale, other.id, 'admin'),
    await createResetLink(db, stale, root.id),
    await revokeSessions(db, stale, root.id),
    await createUser(db, stale, { email: 'new@example.org', name: 'New', role: 'admin' }),
  ])
    expect(refused).toMatchObject({ ok: false, code: 'forbidden' });
  const denials = await db.auditEvent.findMany({ where: { action: 'access.denied' }, orderBy: { createdAt: 'asc' } });
  expect(denials.map((row) => row.targetId)).toEqual([target.id, other.id, root.id, root.id, null]);
  for (const row of denials)
    expect(row).toMatchObject({
      outcome: 'denied',
      actorId: other.id,
      reason: 'forbidden',
      metadata: { permission: 'users:manage' },
    });
});

test('a missing person is not found, whether the id is unknown or no id at all', async () => {
  const { db } = database;
  const context = auditContextOf(await addUser(db, 'root', 'admin'));
  for (const id of [NOBODY, 'x', '\'; DROP TABLE "User"; --'])
    for (const outcome of [
      await disableUser(db, context, id),
      await enableUser(db, context, id),
      await changeRole(db, context, id, 'auditor'),
      await createResetLink(db, context, id),
      await revokeSessions(db, context, id),
    ])
      expect(outcome).toMatchObject({ ok: false, code: 'not_found' });
  expect(await auditTrail(db)).toEqual([]);
});

test('an act that changes nothing records nothing', async () => {
  const { db } = database;
  const context = auditContextOf(await addUser(db, 'root', 'admin'));
  const { id } = await addUser(db, 'ann');
  const session = await signInAs(db, { id, email: 'ann@example.org', role: 'user' });
  expect(await enableUser(db, context, id)).toMatchObject({ ok: true });
  expect(await changeRole(db, context, id, 'user')).toMatchObject({ ok: true });
  expect(await auditTrail(db)).toEqual(['auth.sign_in success']);
  expect(await db.session.findUnique({ where: { id: session.sessionId } })).toMatchObject({ endedAt: null });
});

test('a new person gets a link, sets a password and signs in; each step is recorded with the admin who did it', async () => {
  const { db } = database;
  const root = await addUser(db, 'root', 'admin');
  const created = await createUser(db, auditContextOf(root), {
    email: ' Ann@Example.org ',
    name: ' Ann ',
    role: 'auditor',
  });
  if (!created.ok) throw new Error(created.detail);
  const { token } = created.value.reset;
  expect(await resetPassword(db, { token, password: PASSWORD, origin: WEB })).toMatchObject({ ok: true });
  await signInAs(db, { id: created.value.id, email: 'ann@example.org', role: 'auditor' });
  expect(await db.user.findUnique({ where: { id: created.value.id } })).toMatchObject({ name: 'Ann', role: 'auditor' });
  expect(await db.auditEvent.findMany({ where: { actorId: root.id }, orderBy: { action: 'asc' } })).toMatchObject([
    {
      action: 'user.created',
      targetId: created.value.id,
      targetLabel: 'ann@example.org',
      metadata: { role: 'auditor' },
    },
    { action: 'user.reset_link_created', targetId: created.value.id },
  ]);
});

test('one e-mail address is one user, in any spelling and under concurrency', async () => {
  const { db } = database;
  const context = auditContextOf(await addUser(db, 'root', 'admin'));
  const outcomes = await Promise.all(
    ['ann@example.org', 'ANN@example.org', ' ann@example.org'].map((email) =>
      createUser(db, context, { email, name: 'Ann', role: 'user' }),
    ),
  );
  expect(outcomes.map((outcome) => (outcome.ok ? 'ok' : outcome.code)).sort()).toEqual([
    'email_taken',
    'email_taken',
    'ok',
  ]);
});

test('a bad address and a bad name are both named', async () => {
  const context = auditContextOf(await addUser(database.db, 'root', 'admin'));
  expect(await createUser(database.db, context, { email: 'nope', name: ' ', role: 'user' })).toMatchObject({
    code: 'invalid_input',
    extra: { errors: [{ pointer: '#/email' }, { pointer: '#/name' }] },
  });
});

test('a name or an address with a control character is named, not an error of the database', async () => {
  const context = auditContextOf(await addUser(database.db, 'root', 'admin'));
  const given = { email: 'ann\u0000@example.org', name: 'An\u0000n', role: 'user' } as const;
  expect(await createUser(database.db, context, given)).toMatchObject({
    code: 'invalid_input',
    extra: { errors: [{ pointer: '#/email' }, { pointer: '#/name' }] },
  });
});

test('a name takes no control, bidi or zero-width character, so that no two names look alike', async () => {
  const context = auditContextOf(await addUser(database.db, 'root', 'admin'));
  for (const hidden of [
    '\u001b',
    '\u0085',
    '\u200b',
    '\u200d',
    '\u202e',
    '\u2066',
    '\u2028',
    '\ufeff',
    '\u{e0041}',
    '\ud800',
  ])
    expect(
      await createUser(database.db, context, { email: 'ann@example.org', name: `An${hidden}n`, role: 'user' }),
    ).toMatchObject({ code: 'invalid_input', extra: { errors: [{ pointer: '#/name' }] } });
});

test('no audit, no change: an admin’s act that cannot be recorded does not happen', async () => {
  const { db } = database;
  const context = auditContextOf(await addUser(db, 'root', 'admin'));
  const ann = await addUser(db, 'ann');
  await signInAs(db, ann);
  const before = await db.user.findMany({ orderBy: { id: 'asc' } });
  await execute(database.superuserUrl, 'REVOKE INSERT ON "AuditEvent" FROM golive_app');
  for (const attempt of [
    () => disableUser(db, context, ann.id),
    () => changeRole(db, context, ann.id, 'auditor'),
    () => createResetLink(db, context, ann.id),
    () => revokeSessions(db, context, ann.id),
    () => createUser(db, context, { email: 'new@example.org', name: 'New', role: 'user' }),
  ])
    await expect(attempt()).rejects.toThrow(/permission denied/);
  expect(await db.user.findMany({ orderBy: { id: 'asc' } })).toEqual(before);
  expect(await db.session.count({ where: { endedAt: null } })).toBe(1);
  expect(await db.passwordReset.count()).toBe(0);
});
