import type { Origin } from '../audit/catalogue.ts';
import { recordAudit } from '../audit/record.ts';
import type { Db, Tx } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { normalizeEmail } from './email.ts';
import { actorOf, open, PERSON, refuse, targetOf, type Person } from './outcome.ts';
import type { SignedIn } from './session.ts';

/** What an OpenID Connect provider says about a person. `email` is believed only when the provider verified it. */
export interface OidcProfile {
  provider: string;
  subject: string;
  email: string | undefined;
  emailVerified: boolean;
  name?: string | undefined;
  origin: Origin;
}

/**
 * Signs a person in whom the provider vouches for. Accounts are made by admins: an unknown person is refused, and an existing one is
 * linked at the first sign-in by verified e-mail. Failures answer like those of `signIn`.
 */
export async function signInWithOidc(db: Db, profile: OidcProfile): Promise<Result<SignedIn>> {
  const { provider, subject, origin } = profile;
  const email = profile.email === undefined ? '' : normalizeEmail(profile.email);
  const linked = await db.identity.findUnique({
    where: { provider_subject: { provider, subject } },
    select: { user: { select: PERSON } },
  });
  if (!linked && !profile.emailVerified) return refuse(db, 'oidc', 'email_unverified', origin, email, null);
  const user = linked?.user ?? (await db.user.findUnique({ where: { email }, select: PERSON }));
  if (!user) return refuse(db, 'oidc', 'unknown_user', origin, email, null);
  if (user.disabledAt) return refuse(db, 'oidc', 'disabled', origin, email, user);
  const opened = await db.$transaction(async (tx) => {
    if (!linked && !(await link(tx, user, provider, subject, origin))) return null;
    return open(tx, user, 'oidc', origin);
  });
  return opened ? ok(opened) : refuse(db, 'oidc', 'identity_conflict', origin, email, user);
}

/**
 * Links a person to a provider's account. A person who has another account there already is not linked: an address that the provider
 * gave to somebody else must not carry the rights along.
 */
async function link(tx: Tx, user: Person, provider: string, subject: string, origin: Origin): Promise<boolean> {
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE id = ${user.id}::uuid FOR NO KEY UPDATE`;
  const other = await tx.identity.findFirst({ where: { userId: user.id, provider }, select: { subject: true } });
  if (other) return other.subject === subject;
  await tx.identity.create({ data: { provider, subject, userId: user.id } });
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
