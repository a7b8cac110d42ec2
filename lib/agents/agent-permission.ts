import { can, type Permission, type Role } from '../access/permissions.ts';
import type { Act } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { isUuid } from '../ids.ts';
import type { Db, Tx } from '../db.ts';
import { fail, type Failure, type Result } from '../errors.ts';

const PERMISSION = 'agents:manage' satisfies Permission;
const NO_LONGER_ALLOWED = fail('forbidden', 'Your account may no longer manage agents.');

/**
 * Runs an act on agents or their keys in one transaction, after checking there that the actor still holds the permission. The guard of the
 * page checked it when the request came; a role can be lost between the two. The actor's row is locked until the transaction ends, so a
 * demotion or a disable either waits for the act or refuses it. Commands act as the system and are not checked.
 * @returns what the change returns, or `forbidden`, which is recorded as a denial.
 */
export function withAgentPermission<T>(db: Db, act: Act, change: (tx: Tx) => Promise<Result<T>>): Promise<Result<T>> {
  return db.$transaction(async (tx) => ((await isPermitted(tx, act)) ? change(tx) : deny(tx, act)));
}

async function isPermitted(tx: Tx, { actor }: Act): Promise<boolean> {
  if (actor.type === 'system') return true;
  if (actor.type !== 'user' || !isUuid(actor.id)) return false;
  const [person] = await tx.$queryRaw<{ role: Role }[]>`
    SELECT role::text AS role FROM "User" WHERE id = ${actor.id}::uuid AND "disabledAt" IS NULL FOR SHARE`;
  return person !== undefined && can(person.role, PERMISSION);
}

async function deny(tx: Tx, act: Act): Promise<Failure> {
  await recordAudit(tx, {
    action: 'access.denied',
    outcome: 'denied',
    ...act,
    reason: NO_LONGER_ALLOWED.code,
    metadata: { permission: PERMISSION },
  });
  return NO_LONGER_ALLOWED;
}
