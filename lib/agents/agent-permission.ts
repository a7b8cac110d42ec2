import { can, type Permission, type Role } from '../access/permissions.ts';
import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure, type Result } from '../errors.ts';

const PERMISSION = 'agents:manage' satisfies Permission;
const NO_LONGER_ALLOWED = fail('forbidden', 'Your account may no longer manage agents.');

/**
 * Runs a change of agents or keys in one transaction, after checking that the actor still holds the permission. The route guard checked it
 * when the request arrived, but the role may have changed since. The actor's row is locked until the transaction ends, so that a concurrent
 * change of role either waits or prevents the action. Commands run as the system and are not checked.
 * @returns what the change returns, or `forbidden`, which is recorded as a denial.
 */
export function withAgentPermission<T>(
  db: Db,
  context: AuditContext,
  change: (tx: Tx) => Promise<Result<T>>,
): Promise<Result<T>> {
  return db.$transaction(async (tx) => ((await isPermitted(tx, context)) ? change(tx) : deny(tx, context)));
}

async function isPermitted(tx: Tx, { actor }: AuditContext): Promise<boolean> {
  if (actor.type === 'system') return true;
  if (actor.type !== 'user' || !isUuid(actor.id)) return false;
  const [person] = await tx.$queryRaw<{ role: Role }[]>`
    SELECT role::text AS role FROM "User" WHERE id = ${actor.id}::uuid AND "disabledAt" IS NULL FOR SHARE`;
  return person !== undefined && can(person.role, PERMISSION);
}

async function deny(tx: Tx, context: AuditContext): Promise<Failure> {
  await recordAudit(tx, {
    action: 'access.denied',
    outcome: 'denied',
    ...context,
    reason: NO_LONGER_ALLOWED.code,
    metadata: { permission: PERMISSION },
  });
  return NO_LONGER_ALLOWED;
}
