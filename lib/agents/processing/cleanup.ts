import type { Db } from '../../db.ts';
import { markDeadBatches } from './redrive.ts';
import { oldestAcceptedTime } from '../retention.ts';

/** Retention of finished batches. */
const BATCH_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Batches deleted per statement. */
const BATCHES_PER_STEP = 5_000;
/** Table blocks scanned per statement: about 45,000 ids, to keep locks short. Five steps a minute keep up with 3,000 events a second. */
const BLOCKS_PER_STEP = 1_000;
const STEPS_PER_RUN = { ids: 5, batches: 40 };

/**
 * Creates the cleanup task of the agents' tables: each run deletes some ids whose event was pruned, and old batches. Ids are scanned block
 * by block in rotation, so that the cost of a run does not grow with the table.
 */
export function createTableCleanup(db: Db, blocksPerStep = BLOCKS_PER_STEP) {
  let block = 0;
  return async (now = new Date()): Promise<{ ids: number; batches: number }> => {
    await markDeadBatches(db);
    let ids = 0;
    for (let step = 0; step < STEPS_PER_RUN.ids; step++) {
      ids += await deleteExpiredIds(db, block, block + blocksPerStep, now);
      block += blocksPerStep;
      if (block < (await countIdBlocks(db))) continue;
      block = 0;
      break;
    }
    return { ids, batches: await deleteOldBatches(db, now) };
  };
}

async function countIdBlocks(db: Db): Promise<number> {
  const [row] = await db.$queryRaw<{ blocks: number }[]>`
    SELECT (pg_relation_size('"AgentEventKey"') / current_setting('block_size')::int)::int AS blocks`;
  return row?.blocks ?? 0;
}

/** OFFSET 0 prevents the planner from turning the look-up into a join that reads the whole log. */
function deleteExpiredIds(db: Db, from: number, to: number, now: Date): Promise<number> {
  return db.$executeRaw`
    DELETE FROM "AgentEventKey" AS k
    WHERE k.ctid >= ${`(${from},0)`}::tid AND k.ctid < ${`(${to},0)`}::tid AND k."eventAt" < ${oldestAcceptedTime(now)}
      AND NOT EXISTS (SELECT FROM "AuditEvent" AS e WHERE e.id = k."auditEventId" AND e."createdAt" = k."eventAt" OFFSET 0)`;
}

async function deleteOldBatches(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - BATCH_DAYS * DAY_MS);
  let removed = 0;
  for (let step = 0; step < STEPS_PER_RUN.batches; step++) {
    const some = await db.$executeRaw`
      DELETE FROM "AgentBatch" WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM "AgentBatch" WHERE state = 'done' AND "receivedAt" < ${before} LIMIT ${BATCHES_PER_STEP}))`;
    removed += some;
    if (some < BATCHES_PER_STEP) break;
  }
  return removed;
}
