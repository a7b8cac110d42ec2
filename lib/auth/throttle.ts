import { createHmac } from 'node:crypto';
import type { Db, Tx } from '../db.ts';
import { env } from '../env.ts';
import { networkOf } from './network.ts';

/**
 * Slows guessing down without ever locking anyone out. Each attempt is charged to its buckets before the password is looked at, under
 * the rows' locks, so that a thousand attempts at once count like a thousand in a row; success takes the charge back. A refused attempt
 * is not charged, so it cannot prolong the wait.
 */
interface Policy {
  /** Failures that cost nothing. */
  free: number;
  /** Longest wait in milliseconds. */
  capMs: number;
  /** Whether a success wipes the bucket clean, or gives back the one charge only. */
  cleared: boolean;
}

const MINUTE = 60_000;

const POLICIES = {
  account: { free: 4, capMs: 15 * MINUTE, cleared: true },
  // An office shares an address, and whoever owns one account must not be able to wipe the failures of their other guesses.
  address: { free: 20, capMs: 15 * MINUTE, cleared: false },
  // Everyone whose address is unknown: it only takes the edge off, or a stranger could stop all sign-ins.
  shared: { free: 1_000, capMs: 1_000, cleared: false },
} as const satisfies Record<string, Policy>;

/** After each such quiet time half of the failures are forgotten. */
const HALF_LIFE_MS = 30 * MINUTE;
const FORGOTTEN_MS = 24 * 60 * MINUTE;
/** One event tells of all refusals of a bucket in this long, as of refused keys (lib/agents): whoever goes on trying cannot fill the log. */
const QUIET_MS = 10 * MINUTE;
/** Rows tidied away with each attempt: more than an attempt can add, so the table stays as large as one day's attempts. */
const TIDY = 10;

export interface Bucket {
  key: string;
  policy: Policy;
}

interface Charge extends Bucket {
  failures: number;
  blockedUntil: Date | null;
}

/** Whether an attempt may go on. `charges` go to `forgive` when it succeeds. */
export type Admission = { admitted: true; charges: Charge[] } | { admitted: false; retryAt: Date };

function bucket(kind: string, value: string, policy: Policy): Bucket {
  const digest = createHmac('sha256', env().NEXTAUTH_SECRET).update(`${kind}\n${value}`).digest('base64url');
  return { key: `${kind}:${digest}`, policy };
}

/** The bucket of an account. The argument is the normalised e-mail, so that spelling cannot open a fresh bucket. */
export const accountBucket = (email: string): Bucket => bucket('account', email, POLICIES.account);

/** The bucket of one's own password, asked for again by a signed-in person. */
export const passwordBucket = (userId: string): Bucket => bucket('password', userId, POLICIES.account);

/**
 * The account's bucket for an address where the person signed in lately. Strangers cannot fill it, so an attack on an account
 * does not keep its owner out at their usual place.
 */
export const familiarBucket = (email: string, ip: string): Bucket =>
  bucket('familiar', `${email}\n${networkOf(ip)}`, POLICIES.account);

/** The bucket of whoever comes from an address, over all accounts. */
export const addressBucket = (ip: string | undefined): Bucket =>
  ip === undefined ? bucket('shared', '', POLICIES.shared) : bucket('address', networkOf(ip), POLICIES.address);

/** The wait that follows a number of failures, in milliseconds: nothing, then one second, doubling up to the cap. */
export function delayAfter(failures: number, { free, capMs }: Pick<Policy, 'free' | 'capMs'>): number {
  return failures <= free ? 0 : Math.min(capMs, 1_000 * 2 ** (failures - free - 1));
}

interface Row {
  key: string;
  failures: number;
  lastFailureAt: Date;
  blockedUntil: Date | null;
  /** Refusals that no event has told of yet. */
  refusals: number;
  toldAt: Date | null;
}

/** Records that a bucket refused this many attempts, the present one among them. */
type Tell = (tx: Tx, refusals: number) => Promise<unknown>;

/**
 * Charges one attempt to every bucket, or refuses it when one of them is still waiting.
 * @param tell called in the transaction of a refusal, once in ten minutes for a bucket.
 */
export async function admit(db: Db, buckets: Bucket[], tell: Tell, now = new Date()): Promise<Admission> {
  await tidy(db, now);
  // One order for whoever locks some of them, here and in `forgive`, so that no two attempts deadlock. The keys are ASCII.
  const ordered = buckets.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return db.$transaction(async (tx) => {
    const rows = await lockRows(tx, ordered, now);
    const [longest] = rows.toSorted((a, b) => waitOf(b) - waitOf(a));
    if (longest?.blockedUntil && longest.blockedUntil > now) {
      await noteRefusal(tx, longest, tell, now);
      return { admitted: false, retryAt: longest.blockedUntil };
    }
    const charges = ordered.map((bucket) => charge(bucket, rows, now));
    await writeCharges(tx, charges, now);
    return { admitted: true, charges };
  });
}

const waitOf = ({ blockedUntil }: Row) => blockedUntil?.getTime() ?? 0;

/** Under the row's lock, so that of many refusals at once one is told. The row outlives a success, and with it the count. */
async function noteRefusal(tx: Tx, row: Row, tell: Tell, now: Date): Promise<void> {
  const refusals = row.refusals + 1;
  const quiet = row.toldAt !== null && now.getTime() - row.toldAt.getTime() < QUIET_MS;
  await tx.signInThrottle.updateMany({
    where: { key: row.key },
    data: quiet ? { refusals } : { refusals: 0, toldAt: now },
  });
  if (!quiet) await tell(tx, refusals);
}

/** One attempt more for a bucket, and the wait that follows from it. */
function charge(bucket: Bucket, rows: Row[], now: Date): Charge {
  const row = rows.find(({ key }) => key === bucket.key);
  const failures = (row ? remaining(row, bucket.policy, now) : 0) + 1;
  const delay = delayAfter(failures, bucket.policy);
  return { ...bucket, failures, blockedUntil: delay === 0 ? null : new Date(now.getTime() + delay) };
}

/** In one statement: attempts on one account queue for its row, so each should hold it for as short as can be. */
async function writeCharges(tx: Tx, charges: Charge[], now: Date): Promise<void> {
  await tx.$executeRaw`
    UPDATE "SignInThrottle" AS t
    SET failures = c.failures, "lastFailureAt" = ${now}::timestamptz, "blockedUntil" = c.blocked_until
    FROM unnest(${charges.map(({ key }) => key)}::text[], ${charges.map(({ failures }) => failures)}::int[],
      ${charges.map(({ blockedUntil }) => blockedUntil?.toISOString() ?? null)}::timestamptz[]) AS c(key, failures, blocked_until)
    WHERE t.key = c.key`;
}

/** Takes the charges of a successful attempt back, in the order of `admit` and in the transaction of its session and audit row. */
export async function forgive(tx: Tx, charges: Charge[]): Promise<void> {
  for (const { key, policy, blockedUntil } of charges) {
    if (policy.cleared)
      await tx.signInThrottle.updateMany({ where: { key }, data: { failures: 0, blockedUntil: null } });
    else
      await tx.$executeRaw`
        UPDATE "SignInThrottle" SET failures = greatest(failures - 1, 0),
          "blockedUntil" = CASE WHEN "blockedUntil" IS NOT DISTINCT FROM ${blockedUntil}::timestamptz THEN NULL ELSE "blockedUntil" END
        WHERE key = ${key}`;
  }
}

/** Forgets the failures of an account, as when its owner sets a new password through a link. */
export async function clearAccount(tx: Tx, email: string): Promise<void> {
  await tx.signInThrottle.deleteMany({ where: { key: accountBucket(email).key } });
}

/** Makes the rows that are missing and locks all of them, in the order of their keys. */
function lockRows(tx: Tx, buckets: Bucket[], now: Date): Promise<Row[]> {
  const keys = buckets.map(({ key }) => key);
  return tx.$queryRaw<Row[]>`
    INSERT INTO "SignInThrottle" (key, failures, "lastFailureAt")
    SELECT key, 0, ${now}::timestamptz FROM unnest(${keys}::text[]) AS key ORDER BY key COLLATE "C"
    ON CONFLICT (key) DO UPDATE SET key = excluded.key
    RETURNING key, failures, "lastFailureAt", "blockedUntil", refusals, "toldAt"`;
}

/** The doublings from one second to the longest wait. More failures than that count as that many, so that a long attack fades too. */
const DOUBLINGS = 11;

/** What is left of a row's failures: halved for each quiet half-life. */
function remaining({ failures, lastFailureAt }: Row, { free }: Policy, now: Date): number {
  const halvings = Math.max(0, Math.floor((now.getTime() - lastFailureAt.getTime()) / HALF_LIFE_MS));
  return Math.floor(Math.min(failures, free + DOUBLINGS) / 2 ** halvings);
}

/** A statement of its own: inside the attempt's transaction it would hold locks out of order. */
async function tidy(db: Db, now: Date): Promise<void> {
  const old = new Date(now.getTime() - FORGOTTEN_MS);
  await db.$executeRaw`
    DELETE FROM "SignInThrottle" WHERE key IN (
      SELECT key FROM "SignInThrottle" WHERE "lastFailureAt" < ${old}::timestamptz
      ORDER BY "lastFailureAt" LIMIT ${TIDY} FOR UPDATE SKIP LOCKED)`;
}
