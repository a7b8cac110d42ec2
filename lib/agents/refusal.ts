import type { Origin, Target } from '../audit/catalogue.ts';
import { recordAudit } from '../audit/record.ts';
import type { Db } from '../db.ts';
import { agentTarget } from './registry.ts';

/** Why a key does not open the door: told to the audit log and to nobody else. */
export type Reason = 'unknown_key' | 'revoked' | 'expired' | 'agent_disabled';

/** A key of ours that no longer works. */
export interface OldKey {
  id: string;
  prefix: string;
  agent: { id: string; name: string };
}

/** One event tells of all refusals of this long, in milliseconds: a scanner or a forgotten cron job cannot fill the log. */
const QUIET_MS = 10 * 60_000;

interface Tally {
  /** Refusals that no event has told of yet. */
  untold: number;
  quietUntil: number;
}

const tallies = new WeakMap<Db, Map<string, Tally>>();

/**
 * Writes down that a key was refused: once for each key of ours and reason, and once for all unknown keys together, in ten minutes and web
 * process. The event counts the refusals since the one before it. Requests without a key, or with something that cannot be one, are noise
 * and leave nothing.
 * @throws when the audit row cannot be written; the refusal is then counted for the next one.
 */
export async function noteRefusal(
  db: Db,
  reason: Reason,
  key: OldKey | null,
  origin: Origin,
  now = Date.now(),
): Promise<void> {
  const tally = tallyOf(db, `${reason}:${key?.id ?? ''}`);
  tally.untold += 1;
  if (now < tally.quietUntil) return;
  const refusals = tally.untold;
  // Before the row is written: of requests at the same moment one writes.
  tally.quietUntil = now + QUIET_MS;
  try {
    await record(db, reason, key, origin, refusals);
    tally.untold -= refusals;
  } catch (error) {
    tally.quietUntil = 0;
    throw error;
  }
}

/** There are as many as keys that no longer work and are still tried. */
function tallyOf(db: Db, name: string): Tally {
  const all = tallies.get(db) ?? new Map<string, Tally>();
  const tally = all.get(name) ?? { untold: 0, quietUntil: 0 };
  tallies.set(db, all.set(name, tally));
  return tally;
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
