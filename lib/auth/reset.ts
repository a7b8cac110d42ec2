import { createHash, randomBytes } from 'node:crypto';
import type { AuditContext, Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalCoalescerOf } from '../audit/events/refusal-coalescing.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Failure, type Result } from '../errors.ts';
import { lockUser } from '../users/user-locks.ts';
import { actorOf, USER_ACCOUNT_FIELDS, targetOf } from '../users/sign-in-outcome.ts';
import { checkPasswordStrength, hashPassword } from './password.ts';
import { endAllSessions } from './session.ts';
import { clearAccount } from './throttle.ts';

/** A one-time link to set a password. The token is shown once; the database stores its hash. */
export interface ResetLink {
  token: string;
  expiresAt: Date;
}

const LIFETIME_MS = 24 * 60 * 60_000;

const INVALID: Failure = fail(
  'invalid_token',
  'This link has been used, has expired or was never valid. Ask an admin for a new one.',
);

// The token has 256 random bits, so a fast hash is sufficient.
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Creates a link in the caller's transaction and invalidates earlier unused ones. */
export async function issueResetLink(tx: Tx, userId: string, createdById: string | null): Promise<ResetLink> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Date.now() + LIFETIME_MS);
  await tx.passwordReset.deleteMany({ where: { userId, usedAt: null } });
  await tx.passwordReset.create({ data: { userId, tokenHash: hashOf(token), expiresAt, createdById } });
  return { token, expiresAt };
}

/** The user of a valid link. Fails with `invalid_token`, without a reason. */
export async function checkResetToken(db: Db, token: string): Promise<Result<{ email: string; expiresAt: Date }>> {
  const link = await find(db, token);
  return link ? ok({ email: link.user.email, expiresAt: link.expiresAt }) : INVALID;
}

/**
 * Sets a password through a link, consumes the link and ends all sessions of the user. Of concurrent uses one succeeds. Fails with
 * `invalid_token` or `weak_password`; a weak password does not consume the link.
 */
export async function resetPassword(
  db: Db,
  { token, password, origin }: { token: string; password: string; origin: Origin },
): Promise<Result<void>> {
  const link = await find(db, token);
  const anonymous: AuditContext = { actor: { type: 'anonymous' }, origin };
  if (!link) return recordFailedReset(db, 'reset', anonymous, INVALID);
  const { id: linkId, user } = link;
  const accountHolder = { actor: actorOf(user), target: targetOf(user), origin };
  const strength = checkPasswordStrength(password, user);
  if (!strength.ok) return recordFailedReset(db, `reset:${linkId}`, accountHolder, strength);
  const passwordHash = await hashPassword(password);
  const outcome = await db.$transaction(async (tx) => {
    // Before the link, in the lock order of admin actions.
    await lockUser(tx, user.id);
    const now = new Date();
    const { count } = await tx.passwordReset.updateMany({
      where: { id: linkId, usedAt: null, expiresAt: { gt: now } },
      data: { usedAt: now },
    });
    if (count === 0) return INVALID;
    await tx.user.update({ where: { id: user.id }, data: { passwordHash } });
    await endAllSessions(tx, user.id);
    await clearAccount(tx, user.email);
    await recordAudit(tx, { action: 'auth.password_reset', outcome: 'success', ...accountHolder, metadata: {} });
    return ok(undefined);
  });
  return outcome.ok ? outcome : recordFailedReset(db, 'reset', anonymous, INVALID);
}

async function find(db: Db, token: string) {
  const link = await db.passwordReset.findUnique({
    where: { tokenHash: hashOf(token) },
    select: { id: true, expiresAt: true, usedAt: true, user: { select: USER_ACCOUNT_FIELDS } },
  });
  return link && !link.usedAt && link.expiresAt > new Date() && !link.user.disabledAt ? link : null;
}

/** Records a failed use of a link, coalesced per valid link and for all invalid links together. */
async function recordFailedReset(
  db: Db,
  key: string,
  context: AuditContext & { target?: Target },
  failure: Failure,
): Promise<Failure> {
  const report = (refusals: number) =>
    db.$transaction((tx) =>
      recordAudit(tx, {
        action: 'auth.password_reset',
        outcome: 'failure',
        ...context,
        reason: failure.code,
        metadata: refusals === 1 ? {} : { refusals },
      }),
    );
  await refusalCoalescerOf(db).record(key, report);
  return failure;
}
