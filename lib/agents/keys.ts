import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db.ts';
import type { Origin } from '../audit/events/catalogue.ts';
import { fail, ok, type Result } from '../errors.ts';
import { recordKeyRefusal, type KeyRefusalReason } from './key-refusals.ts';

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
