import type { Db, Tx } from '../../db.ts';
import { isDataError } from '../../db/transient.ts';
import { isolateBadEvents } from './isolate-bad-events.ts';
import { storeEvents, eventsOfBatches, type Exception } from './store.ts';

export interface Processed {
  batchId: string;
  stored: number;
  /** Events that the database rejects permanently; the batch becomes a dead letter. */
  failed: number;
}

/** Longer than the client's statement timeout. */
const TRANSACTION = { timeout: 60_000, maxWait: 10_000 };

/**
 * Moves batches into the audit log: one transaction { idempotency keys, AuditEvent rows, batch states } with a constant number of
 * statements. It is idempotent, so jobs can be retried. When the database rejects an event, each batch is processed alone and its bad
 * events are isolated.
 * @returns one entry for each batch finished by this call.
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
  const exceptions = await storeEvents(tx, eventsOfBatches(ids));
  const finished = batches.map((batch) => summarise(batch, exceptions));
  await finish(tx, finished);
  return finished.map(({ batchId, stored }) => ({ batchId, stored, failed: 0 }));
}

async function processAlone(tx: Tx, batchId: string): Promise<Processed[]> {
  const [batch] = await lockQueued(tx, [batchId]);
  if (batch === undefined) return [];
  const { exceptions, deadLetterPayload } = await isolateBadEvents(tx, batch.id);
  const finished = { ...summarise(batch, exceptions), payload: deadLetterPayload };
  await finish(tx, [finished]);
  return [finished];
}

interface Batch {
  id: string;
  accepted: number;
}

/**
 * Locks queued batches, waiting for other workers: a job that was retried while its first worker was still alive finds the batch done.
 * Locked in order of ids to avoid deadlocks.
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
