import type { Permission } from '../access/permissions.ts';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure, type Result } from '../errors.ts';
import { NO_SUCH_USER } from './list.ts';
import { targetOf, type UserAccount } from './sign-in-outcome.ts';

const NO_LONGER_ADMIN = fail('forbidden', 'Your own account is no longer an active admin.');

interface LockedUsers {
  /** The actor is an active admin, or the system (command line). */
  mayAct: boolean;
  target: UserAccount | undefined;
  /** True when the target is the last active admin. */
  isLastAdmin: boolean;
}

/**
 * Locks all active admins and the target until the transaction ends. This serialises admin actions, so that two admins cannot remove each
 * other or act after losing the role. Locked in order of ids to avoid deadlocks.
 */
export async function lockAdmins(tx: Tx, { actor }: AuditContext, targetId?: string): Promise<LockedUsers> {
  const rows = await tx.$queryRaw<UserAccount[]>`
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

/** Locks a user row until the transaction ends. Take it before changing dependent rows, to avoid deadlocks. */
export async function lockUser(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM "User" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
}

/** Denies an actor who lost the role after the route guard had passed, and records the denial. */
export async function denyFormerAdmin(tx: Tx, context: AuditContext, target?: UserAccount): Promise<Failure> {
  await recordAudit(tx, {
    action: 'access.denied',
    outcome: 'denied',
    ...context,
    ...(target ? { target: targetOf(target) } : {}),
    reason: NO_LONGER_ADMIN.code,
    metadata: { permission: 'users:manage' satisfies Permission },
  });
  return NO_LONGER_ADMIN;
}

/** Runs an admin action on a user in one transaction under these locks. Fails with `forbidden` or `not_found`. */
export async function withTargetUser<T>(
  db: Db,
  context: AuditContext,
  id: string,
  change: (tx: Tx, user: UserAccount, locked: LockedUsers) => Promise<Result<T>>,
): Promise<Result<T>> {
  if (!isUuid(id)) return NO_SUCH_USER;
  return db.$transaction(async (tx) => {
    const locked = await lockAdmins(tx, context, id.toLowerCase());
    if (!locked.mayAct) return denyFormerAdmin(tx, context, locked.target);
    return locked.target ? change(tx, locked.target, locked) : NO_SUCH_USER;
  });
}
