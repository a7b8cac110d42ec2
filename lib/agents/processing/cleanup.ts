import type { Db } from '../../db.ts';
import { markDeadBatches } from './redrive.ts';
import { oldestAcceptable } from '../retention.ts';

/** Reports on batches are kept this long; long enough to ask what became of last month's delivery. */
const BATCH_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;

/** Batches in one statement, and statements in one run: at a run a minute more than 3,000 batches a second could leave. */
const BATCHES_AT_ONCE = 5_000;
/** Pages of 8 KiB in one statement: some 45,000 ids, so that no lock lasts. Five such steps a minute outpace 3,000 events a second. */
const BLOCKS_AT_ONCE = 1_000;
const STEPS = { ids: 5, batches: 40 };

/**
 * Makes what keeps the agents' tables small: each run takes out some of the ids whose event has left the audit log, and batches done long
 * ago. Ids are looked at page by page, on from where the run before stopped and round again: what a run costs does not grow with the table,
 * and ids that stay, as those of held events, are not looked at each time.
 */
export function tableKeeper(db: Db, blocksAtOnce = BLOCKS_AT_ONCE) {
  let block = 0;
  return async (now = new Date()): Promise<{ ids: number; batches: number }> => {
    await markDeadBatches(db);
    let ids = 0;
    for (let step = 0; step < STEPS.ids; step++) {
      ids += await removeIds(db, block, block + blocksAtOnce, now);
      block += blocksAtOnce;
      if (block < (await blocksOfIds(db))) continue;
      block = 0;
      break;
    }
    return { ids, batches: await removeBatches(db, now) };
  };
}

async function blocksOfIds(db: Db): Promise<number> {
  const [row] = await db.$queryRaw<{ blocks: number }[]>`
    SELECT (pg_relation_size('"AgentEventKey"') / current_setting('block_size')::int)::int AS blocks`;
  return row?.blocks ?? 0;
}

/** OFFSET 0 keeps the look-up a look-up: as a join it might read the whole log for a few thousand ids. */
function removeIds(db: Db, from: number, to: number, now: Date): Promise<number> {
  return db.$executeRaw`
    DELETE FROM "AgentEventKey" AS k
    WHERE k.ctid >= ${`(${from},0)`}::tid AND k.ctid < ${`(${to},0)`}::tid AND k."eventAt" < ${oldestAcceptable(now)}
      AND NOT EXISTS (SELECT FROM "AuditEvent" AS e WHERE e.id = k."auditEventId" AND e."createdAt" = k."eventAt" OFFSET 0)`;
}

async function removeBatches(db: Db, now: Date): Promise<number> {
  const before = new Date(now.getTime() - BATCH_DAYS * DAY_MS);
  let removed = 0;
  for (let step = 0; step < STEPS.batches; step++) {
    const some = await db.$executeRaw`
      DELETE FROM "AgentBatch" WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM "AgentBatch" WHERE state = 'done' AND "receivedAt" < ${before} LIMIT ${BATCHES_AT_ONCE}))`;
    removed += some;
    if (some < BATCHES_AT_ONCE) break;
  }
  return removed;
}
