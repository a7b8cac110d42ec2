import type { Db } from '../db.ts';
import { markDeadBatches } from './redrive.ts';
import { oldestAcceptable } from './retention.ts';

/** Reports on batches are kept this long; long enough to ask what became of last month's delivery. */
const BATCH_DAYS = 30;
const DAY_MS = 24 * 60 * 60 * 1000;
const ROWS_AT_ONCE = 5_000;

/**
 * Keeps the agents' tables small: ids whose event has left the audit log, and batches done long ago. A few thousand rows at a time, so that
 * no lock lasts; the next run goes on where this one stopped.
 */
export async function keepAgentTables(db: Db, now = new Date()): Promise<{ ids: number; batches: number }> {
  await markDeadBatches(db);
  const ids = await db.$executeRaw`
    DELETE FROM "AgentEventKey" WHERE ctid = ANY(ARRAY(
      SELECT k.ctid FROM "AgentEventKey" AS k
      WHERE k."eventAt" < ${oldestAcceptable(now)}
        AND NOT EXISTS (SELECT FROM "AuditEvent" AS e WHERE e.id = k."auditEventId" AND e."createdAt" = k."eventAt")
      LIMIT ${ROWS_AT_ONCE}))`;
  const batches = await db.$executeRaw`
    DELETE FROM "AgentBatch" WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM "AgentBatch"
      WHERE state = 'done' AND "receivedAt" < ${new Date(now.getTime() - BATCH_DAYS * DAY_MS)} LIMIT ${ROWS_AT_ONCE}))`;
  return { ids, batches };
}
