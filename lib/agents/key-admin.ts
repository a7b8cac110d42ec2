import type { AuditContext } from '../audit/events/catalogue.ts';
import { recordAudit } from '../audit/events/record.ts';
import type { Db, Tx } from '../db.ts';
import { fail, ok, type Result } from '../errors.ts';
import { makeSecret } from './keys.ts';
import { burstOf } from './ingest/limits.ts';
import { withAgentPermission } from './agent-permission.ts';
import { agentTarget, withAgent } from './registry.ts';

/** A newly created key. The secret is returned here only. */
export interface IssuedKey {
  keyId: string;
  secret: string;
}

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const NO_KEY = fail('not_found', 'There is no such key, or it is no longer valid.');

/** Issues a key. `days` is its lifetime; null means until it is revoked. Fails with `not_found`. */
export function issueKey(
  db: Db,
  context: AuditContext,
  agentId: string,
  days: number | null,
): Promise<Result<IssuedKey>> {
  return withAgent(db, context, agentId, async (tx, agent) => {
    const expiresAt = inDays(days);
    const { issued, prefix } = await insertKey(tx, agentId, expiresAt);
    await recordAudit(tx, {
      action: 'agent_admin.key_issued',
      outcome: 'success',
      ...context,
      target: agentTarget(agent),
      metadata: { keyId: issued.keyId, prefix, expiresAt: expiresAt?.toISOString() ?? null },
    });
    return ok(issued);
  });
}

/**
 * Replaces a key by a new one; the old key stays valid for `overlapHours`, so that the agent can be switched without losing events. `days`
 * is the lifetime of the new key, as in `issueKey`. Fails with `not_found` when the old key is not valid.
 */
export function rotateKey(
  db: Db,
  context: AuditContext,
  keyId: string,
  { overlapHours, days }: { overlapHours: number; days: number | null },
): Promise<Result<IssuedKey>> {
  return withValidKey(db, context, keyId, async (tx, old) => {
    const overlapEndsAt = earlier(old.expiresAt, new Date(Date.now() + overlapHours * HOUR_MS));
    const expiresAt = inDays(days);
    const { issued } = await insertKey(tx, old.agent.id, expiresAt);
    await tx.agentKey.update({ where: { id: keyId }, data: { expiresAt: overlapEndsAt } });
    await recordAudit(tx, {
      action: 'agent_admin.key_rotated',
      outcome: 'success',
      ...context,
      target: agentTarget(old.agent),
      metadata: {
        keyId,
        prefix: old.prefix,
        replacedBy: issued.keyId,
        overlapEndsAt: overlapEndsAt.toISOString(),
        expiresAt: expiresAt?.toISOString() ?? null,
      },
    });
    return ok(issued);
  });
}

/** Sets the expiry of a key, in days from now. Fails with `not_found`. */
export function expireKey(db: Db, context: AuditContext, keyId: string, days: number): Promise<Result<null>> {
  return withValidKey(db, context, keyId, async (tx, { agent, prefix }) => {
    const expiresAt = new Date(Date.now() + days * DAY_MS);
    await tx.agentKey.update({ where: { id: keyId }, data: { expiresAt } });
    await recordAudit(tx, {
      action: 'agent_admin.key_expiry_set',
      outcome: 'success',
      ...context,
      target: agentTarget(agent),
      metadata: { keyId, prefix, expiresAt: expiresAt.toISOString() },
    });
    return ok(null);
  });
}

/** Revokes a key: the next request with it is rejected. Fails with `not_found`. */
export function revokeKey(db: Db, context: AuditContext, keyId: string): Promise<Result<null>> {
  return withValidKey(db, context, keyId, async (tx, { agent, prefix }) => {
    await tx.agentKey.update({ where: { id: keyId }, data: { revokedAt: new Date() } });
    await recordAudit(tx, {
      action: 'agent_admin.key_revoked',
      outcome: 'success',
      ...context,
      target: agentTarget(agent),
      metadata: { keyId, prefix },
    });
    return ok(null);
  });
}

const inDays = (days: number | null): Date | null => (days === null ? null : new Date(Date.now() + days * DAY_MS));

const earlier = (a: Date | null, b: Date): Date => (a !== null && a < b ? a : b);

async function insertKey(tx: Tx, agentId: string, expiresAt: Date | null) {
  const { eventsPerSecond } = await tx.agent.findUniqueOrThrow({
    where: { id: agentId },
    select: { eventsPerSecond: true },
  });
  const { secret, ...kept } = makeSecret();
  const { id: keyId } = await tx.agentKey.create({
    data: { agentId, expiresAt, tokens: burstOf(eventsPerSecond), ...kept },
    select: { id: true },
  });
  return { issued: { keyId, secret }, prefix: kept.prefix };
}

interface ValidKey {
  prefix: string;
  expiresAt: Date | null;
  agent: { id: string; name: string };
}

/** Runs a change on a valid key under a row lock, so that concurrent changes see each other. */
function withValidKey<T>(
  db: Db,
  context: AuditContext,
  id: string,
  change: (tx: Tx, key: ValidKey) => Promise<Result<T>>,
): Promise<Result<T>> {
  return withAgentPermission(db, context, async (tx) => {
    await tx.$executeRaw`SELECT 1 FROM "AgentKey" WHERE id = ${id}::uuid FOR NO KEY UPDATE`;
    const key = await tx.agentKey.findFirst({
      where: { id, revokedAt: null, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] },
      select: { prefix: true, expiresAt: true, agent: { select: { id: true, name: true } } },
    });
    return key === null ? NO_KEY : change(tx, key);
  });
}
