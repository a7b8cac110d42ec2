import type { Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { AuditContext } from '../events/catalogue.ts';
import { isAddress } from '../events/list.ts';
import { recordAudit } from '../events/record.ts';
import { uuidv7 } from '../../ids.ts';

/** Scope of a legal hold: all conditions must match; without conditions it covers every event. */
export interface HoldScope {
  actorId?: string | undefined;
  targetId?: string | undefined;
  /** Inclusive. */
  from?: Date | undefined;
  /** Exclusive. */
  to?: Date | undefined;
}

export interface Hold {
  id: string;
  reason: string;
  actorId: string | null;
  targetId: string | null;
  from: Date | null;
  to: Date | null;
  createdAt: Date;
}

const SELECT = {
  id: true,
  reason: true,
  actorId: true,
  targetId: true,
  from: true,
  to: true,
  createdAt: true,
} as const;

/**
 * Places a legal hold: once committed, no prune removes covered events.
 * @param db a connection of the owner; the app role can only read holds.
 * @returns the id of the hold.
 */
export async function placeHold(
  db: Db,
  { actor, origin }: AuditContext,
  scope: HoldScope,
  reason: string,
): Promise<string> {
  const id = uuidv7();
  const { actorId, targetId, from, to } = scope;
  const metadata = { reason, actorId, targetId, from: from?.toISOString(), to: to?.toISOString() };
  await db.$transaction(async (tx) => {
    const data = {
      id,
      reason,
      actorId: actorId ?? null,
      targetId: targetId ?? null,
      from: from ?? null,
      to: to ?? null,
    };
    await tx.auditHold.create({ data });
    const target = { type: 'audit_hold', id };
    await recordAudit(tx, { action: 'audit.hold_placed', outcome: 'success', actor, origin, target, metadata });
  });
  return id;
}

/**
 * Resolves an e-mail address or an agent's name to the id stored in events; other text is taken as an id. A deleted user is found by events
 * with the address.
 * @returns `not_found` for an unknown address.
 */
export async function resolveHoldSubject(db: Db, text: string): Promise<Result<string>> {
  if (!isAddress(text)) {
    const agent = await db.agent.findFirst({ where: { name: text }, select: { id: true } });
    return ok(agent?.id ?? text);
  }
  const person = await db.user.findUnique({ where: { email: text }, select: { id: true } });
  if (person) return ok(person.id);
  const acted = await db.auditEvent.findFirst({
    where: { actorType: 'user', actorLabel: text },
    select: { actorId: true },
  });
  const id = acted?.actorId ?? (await targetWithLabel(db, text));
  return id ? ok(id) : fail('not_found', `nobody has the address ${text}, and no event names it`);
}

async function targetWithLabel(db: Db, label: string): Promise<string | null> {
  const event = await db.auditEvent.findFirst({
    where: { targetType: 'user', targetLabel: label },
    select: { targetId: true },
  });
  return event?.targetId ?? null;
}

/** Number of existing events that a scope covers. */
export function countHeldEvents(db: Db, { actorId, targetId, from, to }: HoldScope): Promise<number> {
  return db.auditEvent.count({
    where: {
      ...(actorId === undefined ? {} : { actorId }),
      ...(targetId === undefined ? {} : { targetId }),
      createdAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
    },
  });
}

/** Active holds, oldest first. */
export const activeHolds = (db: Pick<Db, 'auditHold'>): Promise<Hold[]> =>
  db.auditHold.findMany({ where: { releasedAt: null }, orderBy: { createdAt: 'asc' }, select: SELECT });

/** Releases a hold; its row is kept. @returns `not_found` when there is no active hold with this id. */
export async function releaseHold(
  db: Db,
  { actor, origin }: AuditContext,
  id: string,
  reason: string,
): Promise<Result<Hold>> {
  return db.$transaction(async (tx) => {
    const hold = await tx.auditHold.findFirst({ where: { id, releasedAt: null }, select: SELECT });
    const { count } = await tx.auditHold.updateMany({
      where: { id, releasedAt: null },
      data: { releasedAt: new Date() },
    });
    if (hold === null || count === 0) return fail('not_found', `no hold in force has the id ${id}`);
    const target = { type: 'audit_hold', id };
    const metadata = { reason };
    await recordAudit(tx, { action: 'audit.hold_released', outcome: 'success', actor, origin, target, metadata });
    return ok(hold);
  });
}

/** Formats a hold as one line. */
export function describeHold({ id, reason, actorId, targetId, from, to }: Hold): string {
  const conditions = [
    actorId === null ? '' : `by ${actorId}`,
    targetId === null ? '' : `to ${targetId}`,
    from === null ? '' : `from ${from.toISOString()}`,
    to === null ? '' : `before ${to.toISOString()}`,
  ].filter((condition) => condition !== '');
  return `${id}  ${conditions.length === 0 ? 'everything' : conditions.join(', ')}: ${reason}`;
}
