import type { Origin } from '../audit/events/catalogue.ts';
import type { Db } from '../db.ts';
import { ok, type Result } from '../errors.ts';
import { isEmail, normalizeEmail } from '../users/email.ts';
import {
  completeSignIn,
  recordFailure,
  rejectSignIn,
  SIGN_IN_FAILED,
  type SignInAttempt,
  type UserAccount,
} from '../users/sign-in-outcome.ts';
import { verifyPassword } from './password.ts';
import type { SessionClaims } from './session.ts';
import { accountBucket, addressBucket, consume, knownAddressBucket, refund } from './throttle.ts';

/** How long an address counts as known after a sign-in: known addresses are not blocked by others' guesses. 30 days in milliseconds. */
const KNOWN_ADDRESS_MS = 30 * 24 * 60 * 60_000;

/**
 * Signs in a user by e-mail and password. Every failure returns the same result after the same work; the audit log has the reason. Session,
 * counters and audit event are one transaction, so a sign-in that cannot be recorded fails.
 * @throws when the database does not answer or the audit row cannot be written.
 */
export async function signIn(
  db: Db,
  { email, password, origin }: { email: string; password: string; origin: Origin },
): Promise<Result<SessionClaims>> {
  const address = normalizeEmail(email);
  const user = await find(db, address, origin.ip);
  const account = user?.knownAddress && origin.ip ? knownAddressBucket(address, origin.ip) : accountBucket(address);
  const attempt: SignInAttempt = { method: 'password', origin, email: address, user };
  const throttle = await consume(db, [account, addressBucket(origin.ip)], (tx, refusals) =>
    recordFailure(tx, attempt, 'throttled', refusals),
  );
  if (!throttle.allowed) return SIGN_IN_FAILED;
  // Outside of transactions: it takes tens of milliseconds and must not hold a connection.
  const matches = await verifyPassword(user?.passwordHash, password);
  if (!user) return rejectSignIn(db, attempt, 'unknown_user');
  if (!matches) return rejectSignIn(db, attempt, 'bad_credentials');
  if (user.disabledAt) return rejectSignIn(db, attempt, 'disabled');
  return db.$transaction(async (tx) => {
    await refund(tx, throttle.charges);
    return ok(await completeSignIn(tx, user, 'password', origin));
  });
}

interface FoundUser extends UserAccount {
  passwordHash: string | null;
  /** True after a recent sign-in from this address, which then has its own bucket. */
  knownAddress: boolean;
}

/**
 * Finds the user and whether the address is known, always in one statement: a second one for existing users would reveal them by timing.
 * Invalid addresses are queried too, as null.
 */
async function find(db: Db, email: string, ip: string | undefined): Promise<FoundUser | null> {
  const since = new Date(Date.now() - KNOWN_ADDRESS_MS);
  const [found] = await db.$queryRaw<FoundUser[]>`
    SELECT u.id, u.email, u.role::text AS role, u."sessionVersion", u."disabledAt", u."passwordHash", EXISTS (
      SELECT FROM "Session" s WHERE s."userId" = u.id AND s.ip = ${ip ?? null} AND s."createdAt" > ${since}::timestamptz
    ) AS "knownAddress"
    FROM "User" u WHERE u.email = ${isEmail(email) ? email : null}`;
  return found ?? null;
}
