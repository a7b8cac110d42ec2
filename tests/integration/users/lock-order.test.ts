import { afterEach, beforeEach, expect, test } from 'vitest';
import { Prisma } from '#lib/db.ts';
import { createResetLink } from '#lib/users/admin.ts';
import { resetPassword } from '#lib/auth/reset.ts';
import { addressBucket, consume, knownAddressBucket, refund } from '#lib/auth/throttle.ts';
import { freshDatabase, lockWaits, type TestDatabase } from '../../support/database.ts';
import { auditContextOf, addUser, WEB } from './users.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(() => database[Symbol.asyncDispose]());

const { sql } = Prisma;
const tell = () => Promise.reject(new Error('nothing waits here'));

/** Holds one lock, lets an act run into it, and then takes the next one: a deadlock unless the act takes them in this order, too. */
async function meet<T>(first: Prisma.Sql, act: () => Promise<T>, second: Prisma.Sql): Promise<T> {
  let acted: Promise<PromiseSettledResult<T>[]> | undefined;
  await database.db.$transaction(async (tx) => {
    await tx.$executeRaw(first);
    acted = Promise.allSettled([act()]);
    await expect.poll(() => lockWaits(database.db)).toBe(1);
    await tx.$executeRaw(second);
  });
  const [outcome] = (await acted) ?? [];
  if (outcome?.status !== 'fulfilled') throw new Error('the act failed', { cause: outcome?.reason });
  return outcome.value;
}

test('attempts and their forgiveness lock the buckets in the order of their keys, whichever way round they are named', async () => {
  const buckets = [knownAddressBucket('ann@example.org', '198.51.100.7'), addressBucket('198.51.100.7')];
  const lock = (kind: string) => sql`SELECT 1 FROM "SignInThrottle" WHERE key LIKE ${`${kind}:%`} FOR UPDATE`;
  const admission = await consume(database.db, buckets, tell);
  if (!admission.allowed) throw new Error('the first attempt waits already');
  await meet(lock('address'), () => consume(database.db, buckets, tell), lock('familiar'));
  const forgiven = () => database.db.$transaction((tx) => refund(tx, admission.charges));
  await meet(lock('address'), forgiven, lock('familiar'));
});

test('a reset waits for an admin who is disabling its owner, and then finds its link gone', async () => {
  const { db } = database;
  const root = await addUser(db, 'root', 'admin');
  const ann = await addUser(db, 'ann');
  const link = await createResetLink(db, auditContextOf(root), ann.id);
  if (!link.ok) throw new Error(link.detail);
  const { token } = link.value;
  const outcome = await meet(
    sql`SELECT 1 FROM "User" WHERE id = ${ann.id}::uuid FOR NO KEY UPDATE`,
    () => resetPassword(db, { token, password: 'amber glacier 17 compass', origin: WEB }),
    sql`DELETE FROM "PasswordReset" WHERE "userId" = ${ann.id}::uuid`,
  );
  expect(outcome).toMatchObject({ ok: false, code: 'invalid_token' });
});
