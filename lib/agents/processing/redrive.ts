import { fromPrisma } from 'pg-boss';
import type { AuditContext } from '../../audit/events/catalogue.ts';
import { recordAudit } from '../../audit/events/record.ts';
import type { Db } from '../../db.ts';
import { ok, type Result } from '../../errors.ts';
import { queueProducer } from '../../queue/boss.ts';
import { QUEUE_SCHEMA } from '../../db/roles/grants.ts';
import { INGEST_DEAD_LETTERS, INGEST_QUEUE } from '../../queue/jobs.ts';
import { withAgentPermission } from '../agent-permission.ts';

/** Most batches redriven by one call, to keep its transaction short. */
const MAX_BATCHES = 1000;

/**
 * Requeues dead letters after their cause was fixed. Batches, jobs and the audit event change in one transaction.
 * @returns the number of requeued batches (call again while it is 1,000), or `forbidden`.
 */
export async function redriveDeadLetters(db: Db, context: AuditContext): Promise<Result<number>> {
  const boss = await queueProducer(db);
  return withAgentPermission(db, context, async (tx) => {
    await tx.$queryRawUnsafe(
      `SELECT agent_requeue_batches(ARRAY(SELECT (data->>'batchId')::uuid FROM ${QUEUE_SCHEMA}.job
         WHERE name = $1 AND state = 'created' ORDER BY created_on, id LIMIT $2)) AS requeued`,
      INGEST_DEAD_LETTERS,
      MAX_BATCHES,
    );
    const batches = await boss.redrive(INGEST_DEAD_LETTERS, {
      destination: INGEST_QUEUE,
      limit: MAX_BATCHES,
      db: fromPrisma(tx),
    });
    if (batches > 0)
      await recordAudit(tx, { action: 'agent_admin.redriven', outcome: 'success', ...context, metadata: { batches } });
    return ok(batches);
  });
}

/** Marks batches whose job exhausted its retries, e.g. after a long database outage: pg-boss moves the job, this the batch. */
export async function markDeadBatches(db: Db): Promise<number> {
  return db.$executeRawUnsafe(
    `UPDATE "AgentBatch" SET state = 'dead' WHERE state = 'queued' AND id IN (
       SELECT (data->>'batchId')::uuid FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'created')`,
    INGEST_DEAD_LETTERS,
  );
}

/** Number of dead-lettered batches. */
export async function countDeadLetters(db: Db): Promise<number> {
  const [row] = await db.$queryRawUnsafe<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'created'`,
    INGEST_DEAD_LETTERS,
  );
  return row?.count ?? 0;
}
