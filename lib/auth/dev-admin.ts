import type { Origin } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db } from '../db.ts';
import { env } from '../env.ts';
import { ok, type Result } from '../errors.ts';
import { open, PERSON, refuse, targetOf, type Attempt, type Person } from '../users/sign-in-outcome.ts';
import type { SessionClaims } from './session.ts';

/** E-mail of the person that `DEV_ADMIN=true` signs in; made at first use, without a password. */
export const DEV_ADMIN_EMAIL = 'dev-admin@example.org';

/** One-click admin for development. Refuses unless the environment asks for it, and always in production. */
export async function signInDevAdmin(db: Db, origin: Origin): Promise<Result<SessionClaims>> {
  const { DEV_ADMIN, NODE_ENV } = env();
  const attempt: Attempt = { method: 'dev_admin', origin, email: '', user: null };
  if (!DEV_ADMIN || NODE_ENV === 'production') return refuse(db, attempt, 'disabled');
  const user = await findOrCreate(db, origin);
  if (user.disabledAt) return refuse(db, { ...attempt, email: user.email, user }, 'disabled');
  return db.$transaction(async (tx) => ok(await open(tx, user, 'dev_admin', origin)));
}

async function findOrCreate(db: Db, origin: Origin): Promise<Person> {
  return db.$transaction(async (tx) => {
    const { count } = await tx.user.createMany({
      data: { email: DEV_ADMIN_EMAIL, name: 'Dev Admin', role: 'admin' },
      skipDuplicates: true,
    });
    const user = await tx.user.findUniqueOrThrow({ where: { email: DEV_ADMIN_EMAIL }, select: PERSON });
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
