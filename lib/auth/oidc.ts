import { z } from 'zod';
import type { Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { env } from '../env.ts';
import { isEmail, isUnambiguous, normalizeEmail } from '../users/email.ts';
import { lockUser } from '../users/user-locks.ts';
import { actorOf, open, PERSON, refuse, targetOf, type Attempt, type Person } from '../users/sign-in-outcome.ts';
import type { SessionClaims } from './session.ts';

/** OpenID Connect Core 1.0, section 2: a subject has at most 255 ASCII characters. An issuer is a URL. */
const name = z.string().regex(/^[\x20-\x7e]{1,255}$/);

/** What an ID token says about a person; its signature, audience and nonce were checked before. */
const idToken = z.object({
  iss: name,
  sub: name,
  // Not everyone has an address, and some providers write "true". Neither may keep a person out who is linked already.
  email: z.string().optional().catch(undefined),
  email_verified: z.unknown().optional(),
});

/**
 * True when the provider vouches for the address. One that never says so (Microsoft Entra ID) vouches only where the operator has decided that
 * its addresses can be believed: where people may choose theirs, that hands accounts over.
 */
function isVerified(claim: unknown): boolean {
  if (claim === undefined || claim === null) return env().OIDC_ASSUME_EMAIL_VERIFIED;
  return claim === true || claim === 'true';
}

/** The provider of links that were made before the issuer was kept with them. */
const UNNAMED = 'oidc';

/** Issuer and subject: the only claims that name a person for good (OpenID Connect Core 1.0, section 5.7). */
interface Account {
  provider: string;
  subject: string;
}

/**
 * Signs a person in whom the provider vouches for. Accounts are made by admins: an unknown person is refused, and an existing one is
 * linked at the first sign-in by verified e-mail. Failures answer like those of `signIn`, and are recorded as they are.
 * @param claims the claims of the ID token, as they came.
 */
export async function signInWithOidc(db: Db, claims: unknown, origin: Origin): Promise<Result<SessionClaims>> {
  const vouched = idToken.safeParse(claims);
  const email = normalizeEmail(vouched.data?.email ?? '');
  const stranger: Attempt = { method: 'oidc', origin, email, user: null };
  if (!vouched.success) return refuse(db, stranger, 'invalid_claims');
  const account = { provider: vouched.data.iss, subject: vouched.data.sub };
  const linked = await db.identity.findUnique({
    where: { provider_subject: account },
    select: { user: { select: PERSON } },
  });
  const verified = isEmail(email) && isVerified(vouched.data.email_verified);
  if (!linked && !verified) return refuse(db, stranger, 'email_unverified');
  if (!linked && !isUnambiguous(vouched.data.email ?? '')) return refuse(db, stranger, 'email_ambiguous');
  const user = linked?.user ?? (await db.user.findUnique({ where: { email }, select: PERSON }));
  if (!user) return refuse(db, stranger, 'unknown_user');
  const attempt = { ...stranger, user };
  if (user.disabledAt) return refuse(db, attempt, 'disabled');
  const opened = await db.$transaction(async (tx) => {
    if (!linked && !(await link(tx, user, account, origin))) return null;
    return open(tx, user, 'oidc', origin);
  });
  return opened ? ok(opened) : refuse(db, attempt, 'identity_conflict');
}

/**
 * Links a person to a provider's account. A person who has another account there already is not linked: an address that the provider
 * gave to somebody else must not carry the rights along. A link without an issuer becomes one of this issuer.
 */
async function link(tx: Tx, user: Person, account: Account, origin: Origin): Promise<boolean> {
  await lockUser(tx, user.id);
  const { provider, subject } = account;
  const other = await tx.identity.findFirst({
    where: { userId: user.id, provider: { in: [provider, UNNAMED] } },
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
