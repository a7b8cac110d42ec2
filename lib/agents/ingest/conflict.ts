import type { Db } from '../../db.ts';
import { fail, type Failure } from '../../errors.ts';
import type { EventRow } from './validate.ts';

/**
 * Whether an event's id already stands for something else. An event that comes alone is told at once; in a batch the worker finds out
 * and the batch's results say so.
 * @returns `conflict`, or null when the id is free or means the same.
 */
export async function findConflict(db: Db, agentId: string, row: EventRow | undefined): Promise<Failure | null> {
  if (row === undefined) return null;
  const { source, id: eventId, hash } = row;
  const known = await db.agentEventKey.findUnique({
    where: { agentId_source_eventId: { agentId, source, eventId } },
    select: { contentHash: true },
  });
  if (known === null || Buffer.from(known.contentHash).toString('hex') === hash) return null;
  return fail('conflict', 'This source and id already stand for an event with other content.', {
    errors: [{ index: 0, pointer: '/id', detail: 'is taken by an event with other content' }],
  });
}
