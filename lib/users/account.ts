import type { Metadata } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type ErrorCode, type Failure, type Result } from '../errors.ts';
import { checkPasswordStrength, hashPassword, verifyPassword } from '../auth/password.ts';
import { endAllSessions, startSession, type UserAuditContext, type SessionClaims } from '../auth/session.ts';
import { consume, refund, passwordBucket } from '../auth/throttle.ts';

/** Points to the form's current-password field. */
const wrongPassword = (detail: string) =>
  fail('wrong_password', detail, { errors: [{ pointer: '#/currentPassword', detail }] });

/**
 * Changes the actor's own password and ends all their sessions, including the current one, whose cookie may have been copied.
 * @returns a new session for the cookie. Fails with `rate_limited` (`extra.retryAt`), `wrong_password`, `weak_password`, or
 * `unauthenticated` when the user no longer exists.
 */
export async function changePassword(
  db: Db,
  context: UserAuditContext,
  { current, next }: { current: string; next: string },
): Promise<Result<SessionClaims>> {
  const id = context.actor.id;
  const user = await db.user.findUnique({
    where: { id },
    select: { email: true, passwordHash: true, disabledAt: true },
  });
  if (!user || user.disabledAt) return fail('unauthenticated', 'Sign in again.');
  const throttle = await consume(db, [passwordBucket(id)], (tx, refusals) =>
    record(tx, context, 'failure', 'throttled', { refusals }),
  );
  if (!throttle.allowed)
    return fail('rate_limited', 'Too many wrong passwords. Wait a while.', {
      retryAt: throttle.retryAt.toISOString(),
    });
  if (!(await verifyPassword(user.passwordHash, current)))
    return recordRejection(db, context, 'wrong_password', wrongPassword('The current password is not right.'));
  const strength = checkPasswordStrength(next, user);
  if (!strength.ok) {
    await db.$transaction((tx) => refund(tx, throttle.charges));
    return recordRejection(db, context, strength.code, strength);
  }
  const passwordHash = await hashPassword(next);
  return db.$transaction(async (tx) => {
    // Only if the hash is unchanged: of two concurrent changes the second fails.
    const { count } = await tx.user.updateMany({
      where: { id, passwordHash: user.passwordHash, disabledAt: null },
      data: { passwordHash },
    });
    if (count === 0) {
      await record(tx, context, 'failure', 'wrong_password');
      return wrongPassword('The password was changed meanwhile. Sign in again.');
    }
    await refund(tx, throttle.charges);
    await tx.passwordReset.deleteMany({ where: { userId: id, usedAt: null } });
    const sessionVersion = await endAllSessions(tx, id);
    await record(tx, context, 'success');
    return ok(await startSession(tx, { id, sessionVersion }, context.origin));
  });
}

async function recordRejection(
  db: Db,
  context: UserAuditContext,
  reason: ErrorCode,
  failure: Failure,
): Promise<Failure> {
  await db.$transaction((tx) => record(tx, context, 'failure', reason));
  return failure;
}

function record(
  tx: Tx,
  { actor, origin }: UserAuditContext,
  outcome: 'success' | 'failure',
  reason?: string,
  metadata: Metadata<'auth.password_changed'> = {},
): Promise<string> {
  return recordAudit(tx, {
    action: 'auth.password_changed',
    outcome,
    actor,
    target: { type: 'user', id: actor.id, label: actor.label },
    origin,
    ...(reason === undefined ? {} : { reason }),
    metadata,
  });
}
