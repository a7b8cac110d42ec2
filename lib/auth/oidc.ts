import { z } from 'zod';
import type { Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { env } from '../env.ts';
import { isEmail, isUnambiguous, normalizeEmail } from '../users/email.ts';
import { lockUser } from '../users/user-locks.ts';
import {
  actorOf,
  completeSignIn,
  USER_ACCOUNT_FIELDS,
  rejectSignIn,
  targetOf,
  type SignInAttempt,
  type UserAccount,
} from '../users/sign-in-outcome.ts';
import type { SessionClaims } from './session.ts';

/** OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters. An issuer is a URL. */
const name = z.string().regex(/^[\x20-\x7e]{1,255}$/);

/** Claims of an ID token; signature, audience and nonce were verified before. */
const idToken = z.object({
  iss: name,
  sub: name,
  // The address may be missing and some providers send "true" as text; neither may lock out a linked user.
  email: z.string().optional().catch(undefined),
  email_verified: z.unknown().optional(),
});

/**
 * True when the provider has verified the address. For providers that do not report it (Microsoft Entra ID) the operator decides: where
 * users can choose their own address this would allow account takeover.
 */
function isVerified(claim: unknown): boolean {
  if (claim === undefined || claim === null) return env().OIDC_ASSUME_EMAIL_VERIFIED;
  return claim === true || claim === 'true';
}

/** Provider of links created before the issuer was stored. */
const LEGACY_PROVIDER = 'oidc';

/** Issuer and subject: the only stable identifier of a user (OpenID Connect Core 1.0, section 5.7). */
interface ProviderAccount {
  provider: string;
  subject: string;
}

/**
 * Signs in a user authenticated by the provider. Accounts are created by admins: unknown users are rejected, and existing ones are linked
 * at the first sign-in by verified e-mail. Failures look like those of `signIn`; their reason is recorded.
 * @param claims the unvalidated claims of the ID token.
 */
export async function signInWithOidc(db: Db, claims: unknown, origin: Origin): Promise<Result<SessionClaims>> {
  const token = idToken.safeParse(claims);
  const email = normalizeEmail(token.data?.email ?? '');
  const unlinkedAttempt: SignInAttempt = { method: 'oidc', origin, email, user: null };
  if (!token.success) return rejectSignIn(db, unlinkedAttempt, 'invalid_claims');
  const account = { provider: token.data.iss, subject: token.data.sub };
  const linked = await db.identity.findUnique({
    where: { provider_subject: account },
    select: { user: { select: USER_ACCOUNT_FIELDS } },
  });
  const verified = isEmail(email) && isVerified(token.data.email_verified);
  if (!linked && !verified) return rejectSignIn(db, unlinkedAttempt, 'email_unverified');
  if (!linked && !isUnambiguous(token.data.email ?? '')) return rejectSignIn(db, unlinkedAttempt, 'email_ambiguous');
  const user = linked?.user ?? (await db.user.findUnique({ where: { email }, select: USER_ACCOUNT_FIELDS }));
  if (!user) return rejectSignIn(db, unlinkedAttempt, 'unknown_user');
  const attempt = { ...unlinkedAttempt, user };
  if (user.disabledAt) return rejectSignIn(db, attempt, 'disabled');
  const session = await db.$transaction(async (tx) => {
    if (!linked && !(await link(tx, user, account, origin))) return null;
    return completeSignIn(tx, user, 'oidc', origin);
  });
  return session ? ok(session) : rejectSignIn(db, attempt, 'identity_conflict');
}

/**
 * Links a user to a provider's account. A user linked to another account there is not linked again: the provider may have reassigned the
 * address. A legacy link without issuer is updated.
 */
async function link(tx: Tx, user: UserAccount, account: ProviderAccount, origin: Origin): Promise<boolean> {
  await lockUser(tx, user.id);
  const { provider, subject } = account;
  const other = await tx.identity.findFirst({
    where: { userId: user.id, provider: { in: [provider, LEGACY_PROVIDER] } },
    select: { provider: true, subject: true },
  });
  if (other && other.subject !== subject) return false;
  if (other?.provider === provider) return true;
  if (other) await tx.identity.update({ where: { provider_subject: other }, data: { provider } });
  else await tx.identity.create({ data: { ...account, userId: user.id } });
  await recordAudit(tx, {
    action: 'user.identity_linked',
    outcome: 'success',
    actor: actorOf(user),
    target: targetOf(user),
    origin,
    metadata: { provider },
  });
  return true;
}
