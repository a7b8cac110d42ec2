import type { Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalCoalescerOf } from '../audit/events/refusal-coalescing.ts';
import type { Db } from '../db.ts';
import { agentTarget } from './registry.ts';

/** Why a key is rejected; recorded in the audit log only. */
export type KeyRefusalReason = 'unknown_key' | 'revoked' | 'expired' | 'agent_disabled';

/** A known key that is no longer valid. */
export interface InvalidKey {
  id: string;
  prefix: string;
  agent: { id: string; name: string };
}

/**
 * Records a rejected key: per web process and ten minutes one event for each known key and reason, and one for all unknown keys together.
 * Requests without a well-formed key are not recorded.
 * @throws when the audit row cannot be written; the refusal is then counted in the next event.
 */
export function recordKeyRefusal(
  db: Db,
  reason: KeyRefusalReason,
  key: InvalidKey | null,
  origin: Origin,
  now = Date.now(),
): Promise<void> {
  const report = (refusals: number) => record(db, reason, key, origin, refusals);
  return refusalCoalescerOf(db).record(`key ${reason}:${key?.id ?? ''}`, report, { now });
}

/** The key authenticates nobody, so the actor is anonymous; the key's agent is the target. */
async function record(
  db: Db,
  reason: KeyRefusalReason,
  key: InvalidKey | null,
  origin: Origin,
  refusals: number,
): Promise<void> {
  const target: { target?: Target } = key === null ? {} : { target: agentTarget(key.agent) };
  await db.$transaction((tx) =>
    recordAudit(tx, {
      action: 'access.key_refused',
      outcome: 'denied',
      actor: { type: 'anonymous' },
      ...target,
      origin,
      reason,
      metadata: key === null ? { refusals } : { refusals, keyId: key.id, prefix: key.prefix },
    }),
  );
}
