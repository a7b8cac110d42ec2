import { createHash, randomBytes } from 'node:crypto';
import type { Db } from '../db.ts';
import type { Origin } from '../audit/events/catalogue.ts';
import { fail, ok, type Result } from '../errors.ts';
import { noteRefusal, type Reason } from './key-refusals.ts';

/**
 * Secrets are 256 random bits, so a plain SHA-256 is as strong as the secret: a slow password hash would only slow down every request.
 * The `glk_` in front lets secret scanners find one that leaked.
 */
const SECRET = /^glk_[A-Za-z0-9_-]{43}$/;
const PREFIX_CHARS = 10;

export interface NewSecret {
  /** Shown once. */
  secret: string;
  prefix: string;
  secretHash: string;
}

/** What the database keeps of a secret: its SHA-256, in hex. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('hex');

/** A new secret, with the visible beginning and the hash that are kept. */
export function makeSecret(): NewSecret {
  const secret = `glk_${randomBytes(32).toString('base64url')}`;
  return { secret, prefix: secret.slice(0, PREFIX_CHARS), secretHash: hashSecret(secret) };
}

/** Who is calling, and how much the key may still report now. */
export interface Caller {
  keyId: string;
  agentId: string;
  agentName: string;
  eventsPerSecond: number;
}

const REFUSED = fail('unauthenticated', 'Send a valid key as "Authorization: Bearer glk_…".');

/**
 * Finds the key behind an `Authorization` header. Read from the database at every request, so that revoking works at once; the answer
 * is the same for unknown, expired and revoked keys and for disabled agents, and the audit log holds the reason.
 * @returns `unauthenticated` when the key may not be used.
 */
export async function authenticate(
  db: Db,
  authorization: string | null,
  origin: Origin,
  now = new Date(),
): Promise<Result<Caller>> {
  const secret = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
  if (secret === undefined || !SECRET.test(secret)) return REFUSED;
  const key = await db.agentKey.findUnique({ where: { secretHash: hashSecret(secret) }, select: KEY });
  const reason = key === null ? 'unknown_key' : whyNot(key, now);
  if (key === null || reason !== null) {
    await noteRefusal(db, reason ?? 'unknown_key', key, origin, now.getTime());
    return REFUSED;
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

function whyNot({ expiresAt, revokedAt, agent }: FoundKey, now: Date): Reason | null {
  if (revokedAt !== null) return 'revoked';
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return agent.disabledAt === null ? null : 'agent_disabled';
}
