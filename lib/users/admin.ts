import type { Role } from '../access/permissions.ts';
import type { Act } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { recordResetLink } from './create.ts';
import { withTarget } from './user-locks.ts';
import { targetOf } from './sign-in-outcome.ts';
import type { ResetLink } from '../auth/reset.ts';
import { endAllSessions } from '../auth/session.ts';

const LAST_ADMIN = fail('last_admin', 'This is the last active admin. Make somebody else an admin first.');

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
    user.disabledAt ? fail('conflict', 'Enable this person first.') : ok(await recordResetLink(tx, act, user)),
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
