import type { PgBoss } from 'pg-boss';
import type { Origin } from '../../audit/events/catalogue.ts';
import { uuidv7 } from '../../ids.ts';
import type { Db } from '../../db.ts';
import { enqueueIngest } from '../../queue/boss.ts';
import type { Caller } from '../keys.ts';
import type { EventRow } from './validate.ts';

export interface Arrival {
  caller: Caller;
  rows: EventRow[];
  /** Events in the request, the refused ones included. */
  received: number;
  receivedAt: Date;
  origin: Origin;
}

/**
 * Takes a batch in: one transaction holds the batch and its job, so that what was answered with 202 will be processed, and nothing else.
 * @returns the id of the batch.
 */
export async function acceptBatch(db: Db, boss: PgBoss, arrival: Arrival): Promise<string> {
  const { caller, rows, received, receivedAt, origin } = arrival;
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
    // How many there are is a hint for the worker; of an empty batch it is told one.
    await enqueueIngest(boss, tx, { batchId: id, events: Math.max(1, rows.length) });
  });
  return id;
}
