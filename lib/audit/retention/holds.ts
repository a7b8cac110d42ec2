import type { Db } from '../../db.ts';
import { fail, ok, type Result } from '../../errors.ts';
import type { Act } from '../events/catalogue.ts';
import { isAddress } from '../events/list.ts';
import { recordAudit } from '../events/record.ts';
import { uuidv7 } from '../../ids.ts';

/** Which events a legal hold keeps; of several conditions each has to be met, and none at all keeps everything. */
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
 * Places a legal hold: from its commit on, no step of a prune takes what it covers.
 * @param db a connection of the owner; the app role may look at holds and nothing else.
 * @returns the id of the hold.
 */
export async function placeHold(db: Db, { actor, origin }: Act, scope: HoldScope, reason: string): Promise<string> {
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
 * Turns what an operator calls somebody into the id that events carry: an e-mail address, in its stored spelling, or an agent's name becomes that
 * id, and anything else is taken as one. A person who is gone is found by the events that bear the address.
 * @returns `not_found` for an address that nobody and no event has.
 */
export async function resolveParty(db: Db, text: string): Promise<Result<string>> {
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

/** How many events of now a scope covers. */
export function countCovered(db: Db, { actorId, targetId, from, to }: HoldScope): Promise<number> {
  return db.auditEvent.count({
    where: {
      ...(actorId === undefined ? {} : { actorId }),
      ...(targetId === undefined ? {} : { targetId }),
      createdAt: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) },
    },
  });
}

/** The holds that are in force, oldest first. */
export const activeHolds = (db: Pick<Db, 'auditHold'>): Promise<Hold[]> =>
  db.auditHold.findMany({ where: { releasedAt: null }, orderBy: { createdAt: 'asc' }, select: SELECT });

/** Ends a hold; its row stays. @returns `not_found` when none of that id is in force. */
export async function releaseHold(db: Db, { actor, origin }: Act, id: string, reason: string): Promise<Result<Hold>> {
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

/** One line for people. */
export function describeHold({ id, reason, actorId, targetId, from, to }: Hold): string {
  const conditions = [
    actorId === null ? '' : `by ${actorId}`,
    targetId === null ? '' : `to ${targetId}`,
    from === null ? '' : `from ${from.toISOString()}`,
    to === null ? '' : `before ${to.toISOString()}`,
  ].filter((condition) => condition !== '');
  return `${id}  ${conditions.length === 0 ? 'everything' : conditions.join(', ')}: ${reason}`;
}
