import type { Metadata } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type ErrorCode, type Failure, type Result } from '../errors.ts';
import { checkPasswordStrength, hashPassword, verifyPassword } from '../auth/password.ts';
import { endAllSessions, startSession, type OwnAct, type SessionClaims } from '../auth/session.ts';
import { admit, forgive, passwordBucket } from '../auth/throttle.ts';

/** Points at the field that the form has for the password so far. */
const wrong = (detail: string) =>
  fail('wrong_password', detail, { errors: [{ pointer: '#/currentPassword', detail }] });

/**
 * Changes the actor's own password and ends every session of theirs, also the one they act in: a copy of its cookie may exist.
 * @returns a new session in its place; the caller puts it into the cookie.
 * Fails with `rate_limited` (`extra.retryAt`), `wrong_password`, `weak_password`, or `unauthenticated` when the person is gone.
 */
export async function changePassword(
  db: Db,
  act: OwnAct,
  { current, next }: { current: string; next: string },
): Promise<Result<SessionClaims>> {
  const id = act.actor.id;
  const user = await db.user.findUnique({
    where: { id },
    select: { email: true, passwordHash: true, disabledAt: true },
  });
  if (!user || user.disabledAt) return fail('unauthenticated', 'Sign in again.');
  const admission = await admit(db, [passwordBucket(id)], (tx, refusals) =>
    record(tx, act, 'failure', 'throttled', { refusals }),
  );
  if (!admission.admitted)
    return fail('rate_limited', 'Too many wrong passwords. Wait a while.', {
      retryAt: admission.retryAt.toISOString(),
    });
  if (!(await verifyPassword(user.passwordHash, current)))
    return refuse(db, act, 'wrong_password', wrong('The current password is not right.'));
  const strength = checkPasswordStrength(next, user);
  if (!strength.ok) {
    await db.$transaction((tx) => forgive(tx, admission.charges));
    return refuse(db, act, strength.code, strength);
  }
  const passwordHash = await hashPassword(next);
  return db.$transaction(async (tx) => {
    // Only over the hash that was proven: of two changes at once the second finds its current password outdated.
    const { count } = await tx.user.updateMany({
      where: { id, passwordHash: user.passwordHash, disabledAt: null },
      data: { passwordHash },
    });
    if (count === 0) {
      await record(tx, act, 'failure', 'wrong_password');
      return wrong('The password was changed meanwhile. Sign in again.');
    }
    await forgive(tx, admission.charges);
    await tx.passwordReset.deleteMany({ where: { userId: id, usedAt: null } });
    const sessionVersion = await endAllSessions(tx, id);
    await record(tx, act, 'success');
    return ok(await startSession(tx, { id, sessionVersion }, act.origin));
  });
}

async function refuse(db: Db, act: OwnAct, reason: ErrorCode, failure: Failure): Promise<Failure> {
  await db.$transaction((tx) => record(tx, act, 'failure', reason));
  return failure;
}

function record(
  tx: Tx,
  { actor, origin }: OwnAct,
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
