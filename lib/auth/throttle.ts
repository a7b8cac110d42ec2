import { createHmac } from 'node:crypto';
import type { Db, Tx } from '../db.ts';
import { env } from '../env.ts';
import { networkOf } from './network.ts';

/**
 * Throttles password guessing without locking accounts. Each attempt consumes from its buckets before the password is verified, under row
 * locks, so that concurrent attempts count fully; a success refunds it. A rejected attempt consumes nothing, so it cannot extend the wait.
 */
interface ThrottlePolicy {
  /** Failures without a wait. */
  freeFailures: number;
  /** Longest wait in milliseconds. */
  maxWaitMs: number;
  /** True when a success clears the bucket instead of refunding one charge. */
  clearedBySuccess: boolean;
}

const MINUTE = 60_000;

const POLICIES = {
  account: { freeFailures: 4, maxWaitMs: 15 * MINUTE, clearedBySuccess: true },
  // Offices share an address, and a successful sign-in must not clear failures on other accounts.
  address: { freeFailures: 20, maxWaitMs: 15 * MINUTE, clearedBySuccess: false },
  // All clients without a known address: a mild limit, because an attacker could otherwise block all sign-ins.
  shared: { freeFailures: 1_000, maxWaitMs: 1_000, clearedBySuccess: false },
} as const satisfies Record<string, ThrottlePolicy>;

/** Half-life of failures. */
const HALF_LIFE_MS = 30 * MINUTE;
const ROW_EXPIRY_MS = 24 * 60 * MINUTE;
/** Rejections of a bucket are coalesced into one event per interval, so that attempts cannot fill the log. */
const REPORT_INTERVAL_MS = 10 * MINUTE;
/** Expired rows deleted with each attempt; more than an attempt adds. */
const CLEANUP_ROWS = 10;

export interface Bucket {
  key: string;
  policy: ThrottlePolicy;
}

interface Charge extends Bucket {
  failures: number;
  blockedUntil: Date | null;
}

/** Result of throttling. Pass `charges` to `refund` after a success. */
export type ThrottleResult = { allowed: true; charges: Charge[] } | { allowed: false; retryAt: Date };

function bucket(kind: string, value: string, policy: ThrottlePolicy): Bucket {
  const digest = createHmac('sha256', env().NEXTAUTH_SECRET).update(`${kind}\n${value}`).digest('base64url');
  return { key: `${kind}:${digest}`, policy };
}

/** The bucket of an account, by normalised e-mail. */
export const accountBucket = (email: string): Bucket => bucket('account', email, POLICIES.account);

/** The bucket for confirming one's own password. */
export const passwordBucket = (userId: string): Bucket => bucket('password', userId, POLICIES.account);

/** The account's bucket for a known address. Attackers elsewhere cannot fill it, so the owner can still sign in. */
export const knownAddressBucket = (email: string, ip: string): Bucket =>
  bucket('familiar', `${email}\n${networkOf(ip)}`, POLICIES.account);

/** The bucket of a client address, over all accounts. */
export const addressBucket = (ip: string | undefined): Bucket =>
  ip === undefined ? bucket('shared', '', POLICIES.shared) : bucket('address', networkOf(ip), POLICIES.address);

/** The wait after a number of failures, in milliseconds: none, then one second, doubling up to the maximum. */
export function waitAfter(
  failures: number,
  { freeFailures, maxWaitMs }: Pick<ThrottlePolicy, 'freeFailures' | 'maxWaitMs'>,
): number {
  return failures <= freeFailures ? 0 : Math.min(maxWaitMs, 1_000 * 2 ** (failures - freeFailures - 1));
}

interface Row {
  key: string;
  failures: number;
  lastFailureAt: Date;
  blockedUntil: Date | null;
  /** Rejections not yet reported by an event. */
  refusals: number;
  toldAt: Date | null;
}

/** Records rejections of a bucket, including the current one. */
type OnReport = (tx: Tx, refusals: number) => Promise<unknown>;

/**
 * Consumes one attempt from every bucket, or rejects it while one of them is blocked.
 * @param onReport called in the transaction of a rejection, once per ten minutes and bucket.
 */
export async function consume(
  db: Db,
  buckets: Bucket[],
  onReport: OnReport,
  now = new Date(),
): Promise<ThrottleResult> {
  await deleteExpiredRows(db, now);
  // A fixed lock order, here and in `refund`, avoids deadlocks. The keys are ASCII.
  const ordered = buckets.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return db.$transaction(async (tx) => {
    const rows = await lockRows(tx, ordered, now);
    const [longest] = rows.toSorted((a, b) => waitOf(b) - waitOf(a));
    if (longest?.blockedUntil && longest.blockedUntil > now) {
      await countRefusal(tx, longest, onReport, now);
      return { allowed: false, retryAt: longest.blockedUntil };
    }
    const charges = ordered.map((bucket) => chargeBucket(bucket, rows, now));
    await writeCharges(tx, charges, now);
    return { allowed: true, charges };
  });
}

const waitOf = ({ blockedUntil }: Row) => blockedUntil?.getTime() ?? 0;

/** Runs under the row lock, so that of concurrent rejections one is reported. The count survives a success. */
async function countRefusal(tx: Tx, row: Row, onReport: OnReport, now: Date): Promise<void> {
  const refusals = row.refusals + 1;
  const reportedRecently = row.toldAt !== null && now.getTime() - row.toldAt.getTime() < REPORT_INTERVAL_MS;
  await tx.signInThrottle.updateMany({
    where: { key: row.key },
    data: reportedRecently ? { refusals } : { refusals: 0, toldAt: now },
  });
  if (!reportedRecently) await onReport(tx, refusals);
}

/** Adds an attempt to a bucket and computes the wait. */
function chargeBucket(bucket: Bucket, rows: Row[], now: Date): Charge {
  const row = rows.find(({ key }) => key === bucket.key);
  const failures = (row ? decayedFailures(row, bucket.policy, now) : 0) + 1;
  const delay = waitAfter(failures, bucket.policy);
  return { ...bucket, failures, blockedUntil: delay === 0 ? null : new Date(now.getTime() + delay) };
}

/** One statement, to hold the row lock briefly. */
async function writeCharges(tx: Tx, charges: Charge[], now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE "SignInThrottle" AS t
    SET failures = c.failures, "lastFailureAt" = ${now}::timestamptz, "blockedUntil" = c.blocked_until
    FROM unnest(${charges.map(({ key }) => key)}::text[], ${charges.map(({ failures }) => failures)}::int[],
      ${charges.map(({ blockedUntil }) => blockedUntil?.toISOString() ?? null)}::timestamptz[]) AS c(key, failures, blocked_until)
    WHERE t.key = c.key`;
}

/** Refunds the charges of a successful attempt, in lock order and in the transaction of its session and audit event. */
export async function refund(tx: Tx, charges: Charge[]): Promise<void> {
  for (const { key, policy, blockedUntil } of charges) {
    if (policy.clearedBySuccess)
      await tx.signInThrottle.updateMany({ where: { key }, data: { failures: 0, blockedUntil: null } });
    else
      await tx.$executeRaw`
        UPDATE "SignInThrottle" SET failures = greatest(failures - 1, 0),
          "blockedUntil" = CASE WHEN "blockedUntil" IS NOT DISTINCT FROM ${blockedUntil}::timestamptz THEN NULL ELSE "blockedUntil" END
        WHERE key = ${key}`;
  }
}

/** Clears the failures of an account, e.g. after a password reset through a link. */
export async function clearAccount(tx: Tx, email: string): Promise<void> {
  await tx.signInThrottle.deleteMany({ where: { key: accountBucket(email).key } });
}

/** Creates missing rows and locks all of them in order of keys. */
function lockRows(tx: Tx, buckets: Bucket[], now: Date): Promise<Row[]> {
  const keys = buckets.map(({ key }) => key);
  return tx.$queryRaw<Row[]>`
    INSERT INTO "SignInThrottle" (key, failures, "lastFailureAt")
    SELECT key, 0, ${now}::timestamptz FROM unnest(${keys}::text[]) AS key ORDER BY key COLLATE "C"
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING key, failures, "lastFailureAt", "blockedUntil", refusals, "toldAt"`;
}

/** Doublings from one second to the maximum wait; caps the counted failures, so that long attacks decay too. */
const DOUBLINGS = 11;

/** Failures after exponential decay. */
function decayedFailures({ failures, lastFailureAt }: Row, { freeFailures }: ThrottlePolicy, now: Date): number {
  const halvings = Math.max(0, Math.floor((now.getTime() - lastFailureAt.getTime()) / HALF_LIFE_MS));
  return Math.floor(Math.min(failures, freeFailures + DOUBLINGS) / 2 ** halvings);
}

/** A separate statement: inside the attempt's transaction it would lock out of order. */
async function deleteExpiredRows(db: Db, now: Date): Promise<void> {
  const old = new Date(now.getTime() - ROW_EXPIRY_MS);
  await db.$executeRaw`
    DELETE FROM "SignInThrottle" WHERE key IN (
      SELECT key FROM "SignInThrottle" WHERE "lastFailureAt" < ${old}::timestamptz
      ORDER BY "lastFailureAt" LIMIT ${CLEANUP_ROWS} FOR UPDATE SKIP LOCKED)`;
}
