import type { Db } from '../../db.ts';
import { fail, type Failure } from '../../errors.ts';
import type { EventRow } from './validate.ts';

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
