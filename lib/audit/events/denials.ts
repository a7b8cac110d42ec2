import type { Db } from '../../db.ts';
import type { AuditContext } from './catalogue.ts';
import { recordAudit } from './record.ts';
import { refusalCoalescerOf } from './refusal-coalescing.ts';

/** Denials of one user recorded individually within ten minutes; further ones are coalesced. */
const MAX_EVENTS_PER_WINDOW = 200;

/** Records that a signed-in user was denied a permission. */
export function recordAccessDenied(
  db: Db,
  { actor, origin, permission, path }: AuditContext & { permission: string; path: string },
): Promise<void> {
  const who = actor.type === 'anonymous' ? '' : actor.id;
  const report = (refusals: number) =>
    db.$transaction((tx) =>
      recordAudit(tx, {
        action: 'access.denied',
        outcome: 'denied',
        actor,
        origin,
        metadata: refusals === 1 ? { permission, path } : { permission, path, refusals },
      }),
    );
  return refusalCoalescerOf(db).record(`denied:${who}`, report, { allowance: MAX_EVENTS_PER_WINDOW });
}
