import type { Role } from '../access/permissions.ts';
import type { Actor, Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalsOf } from '../audit/events/refusal-coalescing.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure } from '../errors.ts';
import { isEmail } from './email.ts';
import { startSession, type SessionClaims } from '../auth/session.ts';

/** Why a sign-in failed: told to the audit log and to nobody else. */
export type Reason =
  | 'bad_credentials'
  | 'throttled'
  | 'disabled'
  | 'unknown_user'
  | 'invalid_claims'
  | 'email_unverified'
  | 'email_ambiguous'
  | 'identity_conflict';
export type Method = 'password' | 'oidc' | 'dev_admin';

/** What a sign-in has to know of a person. */
export interface Person {
  id: string;
  email: string;
  role: Role;
  sessionVersion: number;
  disabledAt: Date | null;
}

export const PERSON = { id: true, email: true, role: true, sessionVersion: true, disabledAt: true } as const;

/** A sign-in that failed or may fail: what the log tells of it. */
export interface Attempt {
  method: Method;
  origin: Origin;
  /** What was given as the address, normalised. */
  email: string;
  /** Whose account it was, if anybody's. */
  user: Person | null;
}

/** The same for every failure, so that it tells a stranger nothing. */
export const REFUSED: Failure = fail(
  'unauthenticated',
  'Sign-in failed. Check what you entered, or wait and try again.',
);

/** Ends a sign-in well, in the caller's transaction: the audit row and the session. */
export async function open(tx: Tx, user: Person, method: Method, origin: Origin): Promise<SessionClaims> {
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

/** Failures through the identity provider, of one reason and account, that are events of their own within ten minutes. */
const OIDC_ALLOWANCE = 20;

/**
 * Ends a sign-in badly: records why, and answers as always. Guessed passwords are slowed down by the throttle; whoever holds an account at
 * the identity provider is not, so their repeated failures are counted together.
 */
export async function refuse(db: Db, attempt: Attempt, reason: Reason): Promise<Failure> {
  const report = (refusals: number) =>
    db.$transaction((tx) => recordFailure(tx, attempt, reason, refusals === 1 ? undefined : refusals));
  if (attempt.method === 'oidc')
    await refusalsOf(db).note(`oidc ${reason}:${attempt.user?.id ?? ''}`, report, { allowance: OIDC_ALLOWANCE });
  else await report(1);
  return REFUSED;
}

/**
 * Records a sign-in that failed. The person has proven nothing, so the actor is anonymous; what was typed is kept only when it is an
 * address at all.
 * @param refusals how many attempts a wait has refused, this one among them, when that is what the event tells.
 */
export function recordFailure(tx: Tx, attempt: Attempt, reason: Reason, refusals?: number): Promise<string> {
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

/** A person as the actor of an audit event, with the role of this moment. */
export const actorOf = ({ id, email, role }: Person): Actor => ({ type: 'user', id, label: email, role });
/** A person as the target of an audit event. */
export const targetOf = ({ id, email }: Pick<Person, 'id' | 'email'>): Target => ({ type: 'user', id, label: email });
