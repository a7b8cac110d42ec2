import type { Role } from '../access/permissions.ts';
import type { Actor, Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalCoalescerOf } from '../audit/events/refusal-coalescing.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure } from '../errors.ts';
import { isEmail } from './email.ts';
import { startSession, type SessionClaims } from '../auth/session.ts';

/** Why a sign-in failed; recorded in the audit log only. */
export type SignInFailureReason =
  | 'bad_credentials'
  | 'throttled'
  | 'disabled'
  | 'unknown_user'
  | 'invalid_claims'
  | 'email_unverified'
  | 'email_ambiguous'
  | 'identity_conflict';
export type SignInMethod = 'password' | 'oidc' | 'dev_admin';

/** Fields of a user needed for sign-in. */
export interface UserAccount {
  id: string;
  email: string;
  role: Role;
  sessionVersion: number;
  disabledAt: Date | null;
}

export const USER_ACCOUNT_FIELDS = {
  id: true,
  email: true,
  role: true,
  sessionVersion: true,
  disabledAt: true,
} as const;

/** A sign-in attempt, as recorded in the log. */
export interface SignInAttempt {
  method: SignInMethod;
  origin: Origin;
  /** The entered address, normalised. */
  email: string;
  /** The user, if the account exists. */
  user: UserAccount | null;
}

/** The same for every failure, to reveal nothing about accounts. */
export const SIGN_IN_FAILED: Failure = fail(
  'unauthenticated',
  'Sign-in failed. Check what you entered, or wait and try again.',
);

/** Completes a sign-in in the caller's transaction: audit event and session. */
export async function completeSignIn(
  tx: Tx,
  user: UserAccount,
  method: SignInMethod,
  origin: Origin,
): Promise<SessionClaims> {
  await recordAudit(tx, {
    action: 'auth.sign_in',
    outcome: 'success',
    actor: actorOf(user),
    target: targetOf(user),
    origin,
    metadata: { method },
  });
  return startSession(tx, user, origin);
}

/** Failures per reason and account recorded individually within ten minutes. */
const OIDC_EVENTS_PER_WINDOW = 20;

/**
 * Rejects a sign-in: records the reason and returns the uniform failure. Failures through the identity provider are not throttled, so
 * repeated ones are coalesced.
 */
export async function rejectSignIn(db: Db, attempt: SignInAttempt, reason: SignInFailureReason): Promise<Failure> {
  const report = (refusals: number) =>
    db.$transaction((tx) => recordFailure(tx, attempt, reason, refusals === 1 ? undefined : refusals));
  if (attempt.method === 'oidc')
    await refusalCoalescerOf(db).record(`oidc ${reason}:${attempt.user?.id ?? ''}`, report, {
      allowance: OIDC_EVENTS_PER_WINDOW,
    });
  else await report(1);
  return SIGN_IN_FAILED;
}

/**
 * Records a failed sign-in. The actor is anonymous; the entered text is kept only if it is a valid address.
 * @param refusals number of attempts rejected by the throttle, for coalesced events.
 */
export function recordFailure(
  tx: Tx,
  attempt: SignInAttempt,
  reason: SignInFailureReason,
  refusals?: number,
): Promise<string> {
  const { method, origin, email, user } = attempt;
  return recordAudit(tx, {
    action: 'auth.sign_in',
    outcome: 'failure',
    actor: isEmail(email) ? { type: 'anonymous', label: email } : { type: 'anonymous' },
    ...(user ? { target: targetOf(user) } : {}),
    origin,
    reason,
    metadata: refusals === undefined ? { method } : { method, refusals },
  });
}

/** A user as the actor of an audit event, with the current role. */
export const actorOf = ({ id, email, role }: UserAccount): Actor => ({ type: 'user', id, label: email, role });
/** A user as the target of an audit event. */
export const targetOf = ({ id, email }: Pick<UserAccount, 'id' | 'email'>): Target => ({
  type: 'user',
  id,
  label: email,
});
