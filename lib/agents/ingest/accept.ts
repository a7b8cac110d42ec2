import type { PgBoss } from 'pg-boss';
import type { Origin } from '../../audit/events/catalogue.ts';
import type { Db } from '../../db.ts';
import { fail, type Failure } from '../../errors.ts';
import { uuidv7 } from '../../ids.ts';
import { enqueueIngest } from '../../queue/boss.ts';
import type { Caller } from '../keys.ts';
import type { EventRow } from './validate.ts';

export interface IncomingBatch {
  caller: Caller;
  rows: EventRow[];
  /** Number of events in the request, including rejected ones. */
  received: number;
  receivedAt: Date;
  origin: Origin;
}

/**
 * Stores a batch and enqueues its job in one transaction, so that exactly the batches answered with 202 are processed.
 * @returns the id of the batch.
 */
export async function acceptBatch(db: Db, boss: PgBoss, batch: IncomingBatch): Promise<string> {
  const { caller, rows, received, receivedAt, origin } = batch;
  const id = uuidv7(receivedAt);
  await db.$transaction(async (tx) => {
    await tx.agentBatch.createMany({
      data: {
        id,
        agentId: caller.agentId,
        keyId: caller.keyId,
        receivedAt,
        ip: origin.ip ?? null,
        userAgent: origin.userAgent?.slice(0, 512) ?? null,
        received,
        accepted: rows.length,
        payload: JSON.stringify(rows),
      },
    });
    // The number of events is a hint for the worker; at least 1.
    await enqueueIngest(boss, tx, { batchId: id, events: Math.max(1, rows.length) });
  });
  return id;
}

/**
 * Checks whether an event's id is already used for different content. For a single event the conflict is reported at once; in a batch the
 * worker reports it in the results.
 * @returns `conflict`, or null when the id is unused or has the same content.
 */
export async function findConflict(db: Db, agentId: string, row: EventRow | undefined): Promise<Failure | null> {
  if (row === undefined) return null;
  const { source, id: eventId, hash } = row;
  const known = await db.agentEventKey.findUnique({
    where: { agentId_source_eventId: { agentId, source, eventId } },
    select: { contentHash: true },
  });
  if (known === null || Buffer.from(known.contentHash).toString('hex') === hash) return null;
  return fail('conflict', 'This source and id are already used by an event with different content.', {
    errors: [{ index: 0, pointer: '/id', detail: 'is used by an event with different content' }],
  });
}
