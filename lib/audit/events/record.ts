import type { Tx } from '../../db.ts';
import {
  ACTIONS,
  type Action,
  type Actor,
  type Metadata,
  type Origin,
  type Outcome,
  type Target,
} from './catalogue.ts';
import { uuidv7 } from '../../ids.ts';

export interface NewEvent<A extends Action> {
  action: A;
  outcome: Outcome;
  actor: Actor;
  origin: Origin;
  target?: Target;
  /** A constant code for a failure or a denial; never free text with personal data. */
  reason?: string;
  idempotencyKey?: string;
  metadata: Metadata<A>;
}

const MAX_TEXT = 512;
const clip = (text: string | undefined): string | null => text?.slice(0, MAX_TEXT) ?? null;

/**
 * Builds the row of an event. Id and time are created here in milliseconds, so that cursors built from JavaScript dates are exact.
 * @throws ZodError when the metadata does not match the catalogue.
 */
export function auditRow<A extends Action>(event: NewEvent<A>, createdAt = new Date()) {
  const spec = ACTIONS[event.action];
  const { actor, origin, target } = event;
  return {
    id: uuidv7(createdAt),
    createdAt,
    action: event.action,
    schemaVersion: spec.version,
    outcome: event.outcome,
    actorType: actor.type,
    actorId: 'id' in actor ? actor.id : null,
    actorLabel: clip(actor.label),
    actorRole: actor.type === 'user' ? actor.role : null,
    targetType: target?.type ?? null,
    targetId: clip(target?.id),
    targetLabel: clip(target?.label),
    source: origin.source,
    ip: origin.ip ?? null,
    userAgent: clip(origin.userAgent),
    requestId: clip(origin.requestId),
    correlationId: clip(origin.correlationId),
    idempotencyKey: event.idempotencyKey ?? null,
    reason: clip(event.reason),
    metadata: spec.metadata.parse(event.metadata),
  };
}

/**
 * Writes an event in the caller's transaction: no audit, no change. Reads may pass a client.
 * @returns the id of the event (uuid v7).
 * @throws ZodError when the metadata does not match the catalogue; the transaction then rolls back.
 */
export async function recordAudit<A extends Action>(tx: Tx, event: NewEvent<A>): Promise<string> {
  const data = auditRow(event);
  // Not createMany: Prisma compiles it at each call, which doubles the cost.
  await tx.auditEvent.create({ data, select: { id: true } });
  return data.id;
}
