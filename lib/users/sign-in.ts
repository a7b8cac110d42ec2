import type { Origin } from '../audit/catalogue.ts';
import type { Db } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { normalizeEmail } from './email.ts';
import { open, PERSON, refuse } from './outcome.ts';
import { verifyPassword } from './password.ts';
import type { SignedIn } from './session.ts';
import { accountBucket, addressBucket, admit, familiarBucket, forgive, type Bucket } from './throttle.ts';

/** A person who signed in from an address lately is not kept out there by others' guesses. 30 days in milliseconds. */
const FAMILIAR_MS = 30 * 24 * 60 * 60_000;

/**
 * Signs a person in by e-mail and password. Every failure gives the same answer after the same work; the audit log holds the reason.
 * The session, the counters and the audit row are one transaction, so a sign-in that cannot be recorded does not happen.
 * @throws when the database does not answer or the audit row cannot be written.
 */
export async function signIn(
  db: Db,
  { email, password, origin }: { email: string; password: string; origin: Origin },
): Promise<Result<SignedIn>> {
  const address = normalizeEmail(email);
  const user = await db.user.findUnique({ where: { email: address }, select: { ...PERSON, passwordHash: true } });
  const admission = await admit(db, [
    await accountBucketFor(db, address, user?.id, origin.ip),
    addressBucket(origin.ip),
  ]);
  if (!admission.admitted) return refuse(db, 'password', 'throttled', origin, address, user);
  // Outside of any transaction: it takes tens of milliseconds and a connection must not wait for it.
  const matches = await verifyPassword(user?.passwordHash, password);
  if (!user) return refuse(db, 'password', 'unknown_user', origin, address, user);
  if (!matches) return refuse(db, 'password', 'bad_credentials', origin, address, user);
  if (user.disabledAt) return refuse(db, 'password', 'disabled', origin, address, user);
  return db.$transaction(async (tx) => {
    await forgive(tx, admission.charges);
    return ok(await open(tx, user, 'password', origin));
  });
}

/** The bucket that an attempt on an account is charged to: strangers share one, a familiar address has its own. */
async function accountBucketFor(
  db: Db,
  email: string,
  userId: string | undefined,
  ip: string | undefined,
): Promise<Bucket> {
  if (userId === undefined || ip === undefined) return accountBucket(email);
  const since = new Date(Date.now() - FAMILIAR_MS);
  const familiar = await db.session.findFirst({
    where: { userId, ip, createdAt: { gt: since } },
    select: { id: true },
  });
  return familiar ? familiarBucket(email, ip) : accountBucket(email);
}
