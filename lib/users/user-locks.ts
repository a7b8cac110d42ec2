import type { Permission } from '../access/permissions.ts';
import type { Act } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure, type Result } from '../errors.ts';
import { NO_SUCH_USER } from './list.ts';
import { targetOf, type Person } from './sign-in-outcome.ts';

const NO_LONGER_ADMIN = fail('forbidden', 'Your own account is no longer an active admin.');

interface Locked {
  /** The actor is an active admin at this moment, or no person at all (the command line). */
  mayAct: boolean;
  target: Person | undefined;
  /** Disabling or demoting the target would leave nobody to administer. */
  isLastAdmin: boolean;
}

/**
 * Locks every active admin, and the target, until the transaction ends. Acts of admins take turns here: the second of two at once
 * sees what the first has done, so that two admins cannot remove each other, nor one go on after losing the role.
 * The order of the ids keeps two acts from deadlocking.
 */
export async function lockAdmins(tx: Tx, { actor }: Act, targetId?: string): Promise<Locked> {
  const rows = await tx.$queryRaw<Person[]>`
    SELECT id, email, role::text AS role, "sessionVersion", "disabledAt" FROM "User"
    WHERE id = ${targetId ?? null}::uuid OR (role = 'admin' AND "disabledAt" IS NULL)
    ORDER BY id FOR NO KEY UPDATE`;
  const admins = rows.filter((row) => row.role === 'admin' && row.disabledAt === null);
  return {
    mayAct: actor.type === 'system' || (actor.type === 'user' && admins.some((row) => row.id === actor.id)),
    target: rows.find((row) => row.id === targetId),
    isLastAdmin: admins.length === 1 && admins[0]?.id === targetId,
  };
}

/** Locks one person until the transaction ends. Whoever changes rows that hang on a person takes this lock first, so that no two deadlock. */
export async function lockUser(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
}

/** Refuses whoever lost the role after the guard of the page had let them through, and records it as that guard does. */
export async function refuseFormerAdmin(tx: Tx, act: Act, target?: Person): Promise<Failure> {
  await recordAudit(tx, {
    action: 'access.denied',
    outcome: 'denied',
    ...act,
    ...(target ? { target: targetOf(target) } : {}),
    reason: NO_LONGER_ADMIN.code,
    metadata: { permission: 'users:manage' satisfies Permission },
  });
  return NO_LONGER_ADMIN;
}

/** Runs an admin's act on a person in one transaction, under the locks. Fails with `forbidden` or `not_found` before it starts. */
export async function withTarget<T>(
  db: Db,
  act: Act,
  id: string,
  change: (tx: Tx, user: Person, locked: Locked) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (!isUuid(id)) return NO_SUCH_USER;
  return db.$transaction(async (tx) => {
    const locked = await lockAdmins(tx, act, id.toLowerCase());
    if (!locked.mayAct) return refuseFormerAdmin(tx, act, locked.target);
    return locked.target ? change(tx, locked.target, locked) : NO_SUCH_USER;
  });
}
