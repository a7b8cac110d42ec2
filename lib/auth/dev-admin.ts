import type { Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db } from '../db.ts';
import { env } from '../env.ts';
import { ok, type Result } from '../errors.ts';
import {
  completeSignIn,
  USER_ACCOUNT_FIELDS,
  rejectSignIn,
  targetOf,
  type SignInAttempt,
  type UserAccount,
} from '../users/sign-in-outcome.ts';
import type { SessionClaims } from './session.ts';

/** E-mail of the development admin (`DEV_ADMIN=true`), created at first use without a password. */
export const DEV_ADMIN_EMAIL = 'dev-admin@example.org';

/** Signs in the development admin. Rejected unless enabled, and always in production. */
export async function signInDevAdmin(db: Db, origin: Origin): Promise<Result<SessionClaims>> {
  const { DEV_ADMIN, NODE_ENV } = env();
  const attempt: SignInAttempt = { method: 'dev_admin', origin, email: '', user: null };
  if (!DEV_ADMIN || NODE_ENV === 'production') return rejectSignIn(db, attempt, 'disabled');
  const user = await findOrCreate(db, origin);
  if (user.disabledAt) return rejectSignIn(db, { ...attempt, email: user.email, user }, 'disabled');
  return db.$transaction(async (tx) => ok(await completeSignIn(tx, user, 'dev_admin', origin)));
}

async function findOrCreate(db: Db, origin: Origin): Promise<UserAccount> {
  return db.$transaction(async (tx) => {
    const { count } = await tx.user.createMany({
      data: { email: DEV_ADMIN_EMAIL, name: 'Dev Admin', role: 'admin' },
      skipDuplicates: true,
    });
    const user = await tx.user.findUniqueOrThrow({ where: { email: DEV_ADMIN_EMAIL }, select: USER_ACCOUNT_FIELDS });
    if (count > 0)
      await recordAudit(tx, {
        action: 'user.created',
        outcome: 'success',
        actor: { type: 'system', id: 'dev-admin', label: 'DEV_ADMIN' },
        target: targetOf(user),
        origin,
        metadata: { role: user.role },
      });
    return user;
  });
}
