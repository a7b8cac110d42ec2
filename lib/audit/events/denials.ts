import type { Db } from '../../db.ts';
import type { Act } from './catalogue.ts';
import { recordAudit } from './record.ts';
import { refusalsOf } from './refusal-coalescing.ts';

/** Denials of one person that are events of their own within ten minutes; a script that goes on is counted. */
const ALLOWANCE = 200;

/** Records that a signed-in person asked for more than their role allows. `permission` is the one that was missing. */
export function recordAccessDenied(
  db: Db,
  { actor, origin, permission, path }: Act & { permission: string; path: string },
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
  return refusalsOf(db).note(`denied:${who}`, report, { allowance: ALLOWANCE });
}
