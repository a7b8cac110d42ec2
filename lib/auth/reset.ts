import { createHash, randomBytes } from 'node:crypto';
import type { Act, Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalsOf } from '../audit/events/refusal-coalescing.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Failure, type Result } from '../errors.ts';
import { lockUser } from '../users/user-locks.ts';
import { actorOf, PERSON, targetOf } from '../users/sign-in-outcome.ts';
import { checkPasswordStrength, hashPassword } from './password.ts';
import { endAllSessions } from './session.ts';
import { clearAccount } from './throttle.ts';

/** A link that sets a password once. The token is shown now and never again: the database keeps its hash. */
export interface ResetLink {
  token: string;
  expiresAt: Date;
}

const LIFETIME_MS = 24 * 60 * 60_000;

const INVALID: Failure = fail(
  'invalid_token',
  'This link has been used, has expired or was never valid. Ask an admin for a new one.',
);

// The token has 256 random bits, so a fast hash is enough: there is nothing to guess.
const hashOf = (token: string) => createHash('sha256').update(token).digest('hex');

/** Makes a link in the caller's transaction. Earlier unused links of the person stop working. */
export async function issueResetLink(tx: Tx, userId: string, createdById: string | null): Promise<ResetLink> {
  const token = randomBytes(32).toString('base64url');
  const expiresAt = new Date(Date.now() + LIFETIME_MS);
  await tx.passwordReset.deleteMany({ where: { userId, usedAt: null } });
  await tx.passwordReset.create({ data: { userId, tokenHash: hashOf(token), expiresAt, createdById } });
  return { token, expiresAt };
}

/** Whose password a link would set. Fails with `invalid_token`, without saying why. */
export async function checkResetToken(db: Db, token: string): Promise<Result<{ email: string; expiresAt: Date }>> {
  const link = await find(db, token);
  return link ? ok({ email: link.user.email, expiresAt: link.expiresAt }) : INVALID;
}

/**
 * Sets a password through a link, which is then used up, and ends every session of the person. Of two uses at once one wins.
 * Fails with `invalid_token` or `weak_password`; a weak password does not use the link up.
 */
export async function resetPassword(
  db: Db,
  { token, password, origin }: { token: string; password: string; origin: Origin },
): Promise<Result<void>> {
  const link = await find(db, token);
  const stranger: Act = { actor: { type: 'anonymous' }, origin };
  if (!link) return refuse(db, 'reset', stranger, INVALID);
  const { id: linkId, user } = link;
  const owner = { actor: actorOf(user), target: targetOf(user), origin };
  const strength = checkPasswordStrength(password, user);
  if (!strength.ok) return refuse(db, `reset:${linkId}`, owner, strength);
  const passwordHash = await hashPassword(password);
  const outcome = await db.$transaction(async (tx) => {
    // Before the link: an admin's act locks the person first, too.
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
    await recordAudit(tx, { action: 'auth.password_reset', outcome: 'success', ...owner, metadata: {} });
    return ok(undefined);
  });
  return outcome.ok ? outcome : refuse(db, 'reset', stranger, INVALID);
}

async function find(db: Db, token: string) {
  const link = await db.passwordReset.findUnique({
    where: { tokenHash: hashOf(token) },
    select: { id: true, expiresAt: true, usedAt: true, user: { select: PERSON } },
  });
  return link && !link.usedAt && link.expiresAt > new Date() && !link.user.disabledAt ? link : null;
}

/** Records a use of a link that set no password. Invalid links are counted together, a link that works for itself. */
async function refuse(db: Db, key: string, act: Act & { target?: Target }, failure: Failure): Promise<Failure> {
  const report = (refusals: number) =>
    db.$transaction((tx) =>
      recordAudit(tx, {
        action: 'auth.password_reset',
        outcome: 'failure',
        ...act,
        reason: failure.code,
        metadata: refusals === 1 ? {} : { refusals },
      }),
    );
  await refusalsOf(db).note(key, report);
  return failure;
}
