import type { Origin } from '../audit/events/catalogue.ts';
import type { Db } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { isEmail, normalizeEmail } from '../users/email.ts';
import { open, recordFailure, refuse, REFUSED, type Attempt, type Person } from '../users/sign-in-outcome.ts';
import { verifyPassword } from './password.ts';
import type { SessionClaims } from './session.ts';
import { accountBucket, addressBucket, admit, familiarBucket, forgive } from './throttle.ts';

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
): Promise<Result<SessionClaims>> {
  const address = normalizeEmail(email);
  const user = await find(db, address, origin.ip);
  const account = user?.familiar && origin.ip ? familiarBucket(address, origin.ip) : accountBucket(address);
  const attempt: Attempt = { method: 'password', origin, email: address, user };
  const admission = await admit(db, [account, addressBucket(origin.ip)], (tx, refusals) =>
    recordFailure(tx, attempt, 'throttled', refusals),
  );
  if (!admission.admitted) return REFUSED;
  // Outside of any transaction: it takes tens of milliseconds and a connection must not wait for it.
  const matches = await verifyPassword(user?.passwordHash, password);
  if (!user) return refuse(db, attempt, 'unknown_user');
  if (!matches) return refuse(db, attempt, 'bad_credentials');
  if (user.disabledAt) return refuse(db, attempt, 'disabled');
  return db.$transaction(async (tx) => {
    await forgive(tx, admission.charges);
    return ok(await open(tx, user, 'password', origin));
  });
}

interface Found extends Person {
  passwordHash: string | null;
  /** Signed in from this address lately: strangers share one bucket, a familiar address has its own. */
  familiar: boolean;
}

/**
 * The person and what an attempt on their account is charged to, in one statement whoever they are: a second one for known people would
 * tell a patient stranger by its time who is known. What cannot be an address is asked for as well, as null.
 */
async function find(db: Db, email: string, ip: string | undefined): Promise<Found | null> {
  const since = new Date(Date.now() - FAMILIAR_MS);
  const [found] = await db.$queryRaw<Found[]>`
    SELECT u.id, u.email, u.role::text AS role, u."sessionVersion", u."disabledAt", u."passwordHash", EXISTS (
      SELECT FROM "Session" s WHERE s."userId" = u.id AND s.ip = ${ip ?? null} AND s."createdAt" > ${since}::timestamptz
    ) AS familiar
    FROM "User" u WHERE u.email = ${isEmail(email) ? email : null}`;
  return found ?? null;
}
