import type { Tx } from '../../db.ts';
import { isDataError } from '../../db/transient.ts';
import { eventsFromJson, storeEvents, type Exception } from './store.ts';

export interface Isolated {
  exceptions: Exception[];
  /** JSON of the events that the database rejects, kept with the dead letter. Null when there are none. */
  deadLetterPayload: string | null;
}

/**
 * Isolates the events of a batch that the database rejects by bisection, and stores all others. A thousand events with one bad event take
 * about twenty statements. Runs in the caller's transaction, with savepoints.
 */
export async function isolateBadEvents(tx: Tx, batchId: string): Promise<Isolated> {
  const { payload } = await tx.agentBatch.findUniqueOrThrow({ where: { id: batchId }, select: { payload: true } });
  const events = parseEvents(payload);
  const exceptions: Exception[] = [];
  const bad: unknown[] = [];
  const pending = [events];
  for (let slice = pending.pop(); slice !== undefined; slice = pending.pop()) {
    if (slice.length === 0) continue;
    const outcome = await storeSlice(tx, batchId, slice);
    if (outcome !== null) exceptions.push(...outcome);
    else if (slice.length > 1) pending.push(slice.slice(slice.length >> 1), slice.slice(0, slice.length >> 1));
    else {
      bad.push(slice[0]);
      exceptions.push(failedEvent(batchId, slice[0]));
    }
  }
  return { exceptions, deadLetterPayload: bad.length === 0 ? null : JSON.stringify(bad) };
}

/** @returns null when the database rejects the slice, which is then rolled back. */
async function storeSlice(tx: Tx, batchId: string, slice: unknown[]): Promise<Exception[] | null> {
  await tx.$executeRaw`SAVEPOINT slice`;
  try {
    const exceptions = await storeEvents(tx, eventsFromJson(batchId, JSON.stringify(slice)));
    await tx.$executeRaw`RELEASE SAVEPOINT slice`;
    return exceptions;
  } catch (error) {
    if (!isDataError(error)) throw error;
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT slice`;
    return null;
  }
}

function parseEvents(payload: string | null): unknown[] {
  const events: unknown = JSON.parse(payload ?? '[]');
  return Array.isArray(events) ? events : [events];
}

function failedEvent(batch: string, event: unknown): Exception {
  const { n, source, id } = (event ?? {}) as Record<string, unknown>;
  return {
    batch,
    n: typeof n === 'number' ? n : 0,
    source: typeof source === 'string' ? source : '',
    id: typeof id === 'string' ? id : '',
    state: 'failed',
  };
}
