import type { Role } from '../access/permissions.ts';
import type { Act } from '../audit/catalogue.ts';
import { recordAudit } from '../audit/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { isEmail, normalizeEmail } from './email.ts';
import { lockAdmins, withTarget, NO_LONGER_ADMIN } from './lock.ts';
import { targetOf } from './outcome.ts';
import { issueResetLink, type ResetLink } from './reset.ts';
import { endAllSessions } from './session.ts';

const MAX_NAME = 120;

export interface NewUser {
  email: string;
  name: string;
  role: Role;
}

const LAST_ADMIN = fail('last_admin', 'This is the last active admin. Make somebody else an admin first.');

/**
 * Adds a person and makes the link with which they choose their password. Fails with `invalid_input` (`extra.errors` with pointers)
 * or `email_taken`.
 */
export async function createUser(
  db: Db,
  act: Act,
  { email, name, role }: NewUser,
): Promise<Result<{ id: string; reset: ResetLink }>> {
  const data = { email: normalizeEmail(email), name: name.trim(), role };
  const errors = [
    ...(isEmail(data.email) ? [] : [{ pointer: '#/email', detail: 'Give an e-mail address.' }]),
    ...(data.name !== '' && data.name.length <= MAX_NAME
      ? []
      : [{ pointer: '#/name', detail: `Give a name of at most ${MAX_NAME} characters.` }]),
  ];
  if (errors.length > 0) return fail('invalid_input', 'Some fields cannot be accepted.', { errors });
  return db.$transaction(async (tx) => {
    if (!(await lockAdmins(tx, act)).mayAct) return NO_LONGER_ADMIN;
    const [user] = await tx.user.createManyAndReturn({ data, skipDuplicates: true, select: { id: true, email: true } });
    const event = { action: 'user.created', ...act, metadata: { role } } as const;
    if (!user) {
      await recordAudit(tx, { ...event, outcome: 'failure', reason: 'email_taken' });
      return fail('email_taken', 'Somebody with this e-mail address is here already.');
    }
    await recordAudit(tx, { ...event, outcome: 'success', target: targetOf(user) });
    return ok({ id: user.id, reset: await makeLink(tx, act, user) });
  });
}

/** Disables a person and signs them out. Fails with `not_found` or `last_admin`; a disabled person stays as they are. */
export function disableUser(db: Db, act: Act, id: string): Promise<Result<void>> {
  return withTarget(db, act, id, async (tx, user, { isLastAdmin }) => {
    if (user.disabledAt) return ok(undefined);
    const event = { action: 'user.disabled', ...act, target: targetOf(user), metadata: {} } as const;
    if (isLastAdmin) {
      await recordAudit(tx, { ...event, outcome: 'failure', reason: LAST_ADMIN.code });
      return LAST_ADMIN;
    }
    await tx.user.update({ where: { id }, data: { disabledAt: new Date() } });
    await tx.passwordReset.deleteMany({ where: { userId: id, usedAt: null } });
    await endAllSessions(tx, id);
    await recordAudit(tx, { ...event, outcome: 'success' });
    return ok(undefined);
  });
}

/** Enables a disabled person again; they sign in anew. Fails with `not_found`. */
export function enableUser(db: Db, act: Act, id: string): Promise<Result<void>> {
  return withTarget(db, act, id, async (tx, user) => {
    if (!user.disabledAt) return ok(undefined);
    await tx.user.update({ where: { id }, data: { disabledAt: null } });
    await recordAudit(tx, {
      action: 'user.enabled',
      outcome: 'success',
      ...act,
      target: targetOf(user),
      metadata: {},
    });
    return ok(undefined);
  });
}

/** Gives a person another role and signs them out. Fails with `not_found` or `last_admin`. */
export function changeRole(db: Db, act: Act, id: string, role: Role): Promise<Result<void>> {
  return withTarget(db, act, id, async (tx, user, { isLastAdmin }) => {
    if (user.role === role) return ok(undefined);
    const event = {
      action: 'user.role_changed',
      ...act,
      target: targetOf(user),
      metadata: { from: user.role, to: role },
    } as const;
    if (isLastAdmin) {
      await recordAudit(tx, { ...event, outcome: 'failure', reason: LAST_ADMIN.code });
      return LAST_ADMIN;
    }
    await tx.user.update({ where: { id }, data: { role } });
    await endAllSessions(tx, id);
    await recordAudit(tx, { ...event, outcome: 'success' });
    return ok(undefined);
  });
}

/** Makes a link with which a person sets a new password. Fails with `not_found`, or `conflict` for a disabled person. */
export function createResetLink(db: Db, act: Act, id: string): Promise<Result<ResetLink>> {
  return withTarget(db, act, id, async (tx, user) =>
    user.disabledAt ? fail('conflict', 'Enable this person first.') : ok(await makeLink(tx, act, user)),
  );
}

/** Ends every session of a person. Fails with `not_found`. */
export function revokeSessions(db: Db, act: Act, id: string): Promise<Result<void>> {
  return withTarget(db, act, id, async (tx, user) => {
    await endAllSessions(tx, id);
    await recordAudit(tx, {
      action: 'user.sessions_revoked',
      outcome: 'success',
      ...act,
      target: targetOf(user),
      metadata: {},
    });
    return ok(undefined);
  });
}

async function makeLink(tx: Tx, act: Act, user: { id: string; email: string }): Promise<ResetLink> {
  const link = await issueResetLink(tx, user.id, act.actor.type === 'user' ? act.actor.id : null);
  await recordAudit(tx, {
    action: 'user.reset_link_created',
    outcome: 'success',
    ...act,
    target: targetOf(user),
    metadata: { expiresAt: link.expiresAt.toISOString() },
  });
  return link;
}
