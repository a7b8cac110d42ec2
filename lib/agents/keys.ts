import { createHash, randomBytes } from 'node:crypto';
import type { Origin, Target } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import { refusalCoalescerOf } from '../audit/events/refusal-coalescing.ts';
import type { Db } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { agentTarget } from './registry.ts';

/**
 * Secrets have 256 random bits, so a plain SHA-256 is sufficient; a slow password hash would only slow down every request. The prefix
 * `glk_` lets secret scanners find leaked keys.
 */
const SECRET = /^glk_[A-Za-z0-9_-]{43}$/;
const PREFIX_CHARS = 10;

export interface NewSecret {
  /** Shown only once. */
  secret: string;
  prefix: string;
  secretHash: string;
}

/** What the database keeps of a secret: its SHA-256, in hex. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A new secret, with the prefix and the hash that are stored. */
export function makeSecret(): NewSecret {
  const secret = `glk_${randomBytes(32).toString('base64url')}`;
  return { secret, prefix: secret.slice(0, PREFIX_CHARS), secretHash: hashSecret(secret) };
}

/** The authenticated agent and its rate limit. */
export interface Caller {
  keyId: string;
  agentId: string;
  agentName: string;
  eventsPerSecond: number;
}

const INVALID_KEY = fail('unauthenticated', 'Send a valid key as "Authorization: Bearer glk_…".');

/**
 * Authenticates a request by its `Authorization` header. The key is read from the database at every request, so that revoking takes effect
 * at once; the response is the same for unknown, expired and revoked keys and for disabled agents, and the audit log has the reason.
 * @returns `unauthenticated` when the key is not valid.
 */
export async function authenticate(
  db: Db,
  authorization: string | null,
  origin: Origin,
  now = new Date(),
): Promise<Result<Caller>> {
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (secret === undefined || !SECRET.test(secret)) return INVALID_KEY;
  const key = await db.agentKey.findUnique({ where: { secretHash: hashSecret(secret) }, select: KEY });
  const reason = key === null ? 'unknown_key' : rejectionReason(key, now);
  if (key === null || reason !== null) {
    await recordKeyRefusal(db, reason ?? 'unknown_key', key, origin, now.getTime());
    return INVALID_KEY;
  }
  const { id: agentId, name: agentName, eventsPerSecond } = key.agent;
  return ok({ keyId: key.id, agentId, agentName, eventsPerSecond });
}

const KEY = {
  id: true,
  prefix: true,
  expiresAt: true,
  revokedAt: true,
  agent: { select: { id: true, name: true, eventsPerSecond: true, disabledAt: true } },
} as const;

interface FoundKey {
  expiresAt: Date | null;
  revokedAt: Date | null;
  agent: { disabledAt: Date | null };
}

function rejectionReason({ expiresAt, revokedAt, agent }: FoundKey, now: Date): KeyRefusalReason | null {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return agent.disabledAt === null ? null : 'agent_disabled';
}

/** Why a key is rejected; recorded in the audit log only. */
type KeyRefusalReason = 'unknown_key' | 'revoked' | 'expired' | 'agent_disabled';

/** A known key that is no longer valid. */
interface InvalidKey {
  id: string;
  prefix: string;
  agent: { id: string; name: string };
}

/**
 * Records a rejected key: per web process and ten minutes one event for each known key and reason, and one for all unknown keys together.
 * Requests without a well-formed key are not recorded.
 * @throws when the audit row cannot be written; the refusal is then counted in the next event.
 */
function recordKeyRefusal(
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
