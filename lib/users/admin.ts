import type { Role } from '../access/permissions.ts';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { recordResetLink } from './create.ts';
import { withTargetUser } from './user-locks.ts';
import { targetOf } from './sign-in-outcome.ts';
import type { ResetLink } from '../auth/reset.ts';
import { endAllSessions } from '../auth/session.ts';

const LAST_ADMIN = fail('last_admin', 'This is the last active admin. Make somebody else an admin first.');

/** Disables a user and ends their sessions. Fails with `not_found` or `last_admin`; no effect on a disabled user. */
export function disableUser(db: Db, context: AuditContext, id: string): Promise<Result<void>> {
  return withTargetUser(db, context, id, async (tx, user, { isLastAdmin }) => {
    if (user.disabledAt) return ok(undefined);
    const event = { action: 'user.disabled', ...context, target: targetOf(user), metadata: {} } as const;
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

/** Enables a disabled user. Fails with `not_found`. */
export function enableUser(db: Db, context: AuditContext, id: string): Promise<Result<void>> {
  return withTargetUser(db, context, id, async (tx, user) => {
    if (!user.disabledAt) return ok(undefined);
    await tx.user.update({ where: { id }, data: { disabledAt: null } });
    await recordAudit(tx, {
      action: 'user.enabled',
      outcome: 'success',
      ...context,
      target: targetOf(user),
      metadata: {},
    });
    return ok(undefined);
  });
}

/** Changes a user's role and ends their sessions. Fails with `not_found` or `last_admin`. */
export function changeRole(db: Db, context: AuditContext, id: string, role: Role): Promise<Result<void>> {
  return withTargetUser(db, context, id, async (tx, user, { isLastAdmin }) => {
    if (user.role === role) return ok(undefined);
    const event = {
      action: 'user.role_changed',
      ...context,
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

/** Creates a link to set a new password. Fails with `not_found`, or `conflict` for a disabled user. */
export function createResetLink(db: Db, context: AuditContext, id: string): Promise<Result<ResetLink>> {
  return withTargetUser(db, context, id, async (tx, user) =>
    user.disabledAt ? fail('conflict', 'Enable this person first.') : ok(await recordResetLink(tx, context, user)),
  );
}

/** Ends all sessions of a user. Fails with `not_found`. */
export function revokeSessions(db: Db, context: AuditContext, id: string): Promise<Result<void>> {
  return withTargetUser(db, context, id, async (tx, user) => {
    await endAllSessions(tx, id);
    await recordAudit(tx, {
      action: 'user.sessions_revoked',
      outcome: 'success',
      ...context,
      target: targetOf(user),
      metadata: {},
    });
    return ok(undefined);
  });
}
