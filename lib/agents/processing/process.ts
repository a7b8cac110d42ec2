import type { Db, Tx } from '../../db.ts';
import { isDataError } from '../../db/transient.ts';
import { isolateBadEvents } from './isolate-bad-events.ts';
import { storeEvents, storedBatches, type Exception } from './store.ts';

export interface Processed {
  batchId: string;
  stored: number;
  /** Events that the database refuses however often they are tried; the batch then waits as a dead letter. */
  failed: number;
}

/** Longer than any statement may take; the statement timeout of the client ends it first. */
const TRANSACTION = { timeout: 60_000, maxWait: 10_000 };

/**
 * Moves batches into the audit log: one transaction { idempotency keys, AuditEvent rows, batch states }, a few statements however many
 * events. Repeating it changes nothing, so a job may be tried as often as need be. When the database refuses the data of some event,
 * each batch is done alone and its bad events are found and set aside.
 * @returns one entry for each batch that this call finished.
 */
export async function processBatches(db: Db, batchIds: string[]): Promise<Processed[]> {
  try {
    return await db.$transaction((tx) => processTogether(tx, batchIds), TRANSACTION);
  } catch (error) {
    if (!isDataError(error)) throw error;
  }
  const processed: Processed[] = [];
  for (const batchId of batchIds)
    processed.push(...(await db.$transaction((tx) => processAlone(tx, batchId), TRANSACTION)));
  return processed;
}

async function processTogether(tx: Tx, batchIds: string[]): Promise<Processed[]> {
  const batches = await lockQueued(tx, batchIds);
  if (batches.length === 0) return [];
  const ids = batches.map(({ id }) => id);
  const exceptions = await storeEvents(tx, storedBatches(ids));
  const finished = batches.map((batch) => summarise(batch, exceptions));
  await finish(tx, finished);
  return finished.map(({ batchId, stored }) => ({ batchId, stored, failed: 0 }));
}

async function processAlone(tx: Tx, batchId: string): Promise<Processed[]> {
  const [batch] = await lockQueued(tx, [batchId]);
  if (batch === undefined) return [];
  const { exceptions, remains } = await isolateBadEvents(tx, batch.id);
  const finished = { ...summarise(batch, exceptions), payload: remains };
  await finish(tx, [finished]);
  return [finished];
}

interface Batch {
  id: string;
  accepted: number;
}

/**
 * Waits for whoever holds a batch, then looks again: a job that came back after its worker seemed dead finds the batch done, or does it.
 * In the order of the ids, so that two workers never wait for each other.
 */
function lockQueued(tx: Tx, ids: string[]): Promise<Batch[]> {
  return tx.$queryRaw<Batch[]>`
    SELECT id, accepted - stored - duplicates - conflicts AS accepted FROM "AgentBatch"
    WHERE id = ANY(${ids}::uuid[]) AND state = 'queued' ORDER BY id FOR NO KEY UPDATE`;
}

interface Finished extends Processed {
  duplicates: number;
  conflicts: number;
  exceptions: Exception[];
  payload: string | null;
}

function summarise({ id, accepted }: Batch, all: Exception[]): Finished {
  const mine = all.filter(({ batch }) => batch === id);
  const count = (state: Exception['state']) => mine.filter((exception) => exception.state === state).length;
  return {
    batchId: id,
    stored: accepted - mine.length,
    duplicates: count('duplicate'),
    conflicts: count('conflict'),
    failed: count('failed'),
    exceptions: mine,
    payload: null,
  };
}

async function finish(tx: Tx, finished: Finished[]): Promise<void> {
  await tx.$executeRaw`
    UPDATE "AgentBatch" AS b
    SET state = CASE WHEN f.failed = 0 THEN 'done' ELSE 'dead' END, "processedAt" = clock_timestamp(), payload = f.payload,
        stored = b.stored + f.stored, duplicates = b.duplicates + f.duplicates, conflicts = b.conflicts + f.conflicts,
        failed = f.failed,
        exceptions = jsonb_path_query_array(b.exceptions, '$[*] ? (@.state != "failed")') || f.exceptions
    FROM jsonb_to_recordset(${JSON.stringify(finished)}::jsonb)
      AS f("batchId" uuid, stored int, duplicates int, conflicts int, failed int, exceptions jsonb, payload text)
    WHERE b.id = f."batchId"`;
}
