import type { Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalsOf } from '../audit/events/refusal-coalescing.ts';
import type { Db } from '../db.ts';
import { agentTarget } from './registry.ts';

/** Why a key is refused: told to the audit log and to nobody else. */
export type Reason = 'unknown_key' | 'revoked' | 'expired' | 'agent_disabled';

/** A key of ours that no longer works. */
export interface OldKey {
  id: string;
  prefix: string;
  agent: { id: string; name: string };
}

/**
 * Records that a key was refused: one event for each key of ours and reason, and one for all unknown keys together, in ten minutes and web
 * process. Requests without a key, or with something that cannot be one, are noise and leave nothing.
 * @throws when the audit row cannot be written; the refusal is then counted for the next one.
 */
export function noteRefusal(
  db: Db,
  reason: Reason,
  key: OldKey | null,
  origin: Origin,
  now = Date.now(),
): Promise<void> {
  const report = (refusals: number) => record(db, reason, key, origin, refusals);
  return refusalsOf(db).note(`key ${reason}:${key?.id ?? ''}`, report, { now });
}

/** The key has proven nothing, so the actor is anonymous; whose key it was is the target. */
async function record(db: Db, reason: Reason, key: OldKey | null, origin: Origin, refusals: number): Promise<void> {
  const whose: { target?: Target } = key === null ? {} : { target: agentTarget(key.agent) };
  await db.$transaction((tx) =>
    recordAudit(tx, {
      action: 'access.key_refused',
      outcome: 'denied',
      actor: { type: 'anonymous' },
      ...whose,
      origin,
      reason,
      metadata: key === null ? { refusals } : { refusals, keyId: key.id, prefix: key.prefix },
    }),
  );
}
