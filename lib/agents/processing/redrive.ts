import { fromPrisma } from 'pg-boss';
import type { Act } from '../../audit/events/catalogue.ts';
import { recordAudit } from '../../audit/events/record.ts';
import type { Db } from '../../db.ts';
import { ok, type Result } from '../../errors.ts';
import { producer } from '../../queue/boss.ts';
import { QUEUE_SCHEMA } from '../../db/roles/schemas.ts';
import { INGEST_DEAD_LETTERS, INGEST_QUEUE } from '../../queue/jobs.ts';
import { withAgentPermission } from '../agent-permission.ts';

/** Most batches that one call gives back, so that its transaction stays short. */
const MAX_REDRIVEN = 1000;

/**
 * Gives dead letters back to the workers, after their cause was mended. Batches, jobs and the audit event change together.
 * @returns how many batches were given back; call again while it is 1,000; or `forbidden`.
 */
export async function redriveDeadLetters(db: Db, act: Act): Promise<Result<number>> {
  const boss = await producer(db);
  return withAgentPermission(db, act, async (tx) => {
    await tx.$executeRawUnsafe(
      `UPDATE "AgentBatch" SET state = 'queued' WHERE state = 'dead' AND id IN (
         SELECT (data->>'batchId')::uuid FROM ${QUEUE_SCHEMA}.job
         WHERE name = $1 AND state = 'created' ORDER BY created_on, id LIMIT $2)`,
      INGEST_DEAD_LETTERS,
      MAX_REDRIVEN,
    );
    const batches = await boss.redrive(INGEST_DEAD_LETTERS, {
      destination: INGEST_QUEUE,
      limit: MAX_REDRIVEN,
      db: fromPrisma(tx),
    });
    if (batches > 0)
      await recordAudit(tx, { action: 'agent_admin.redriven', outcome: 'success', ...act, metadata: { batches } });
    return ok(batches);
  });
}

/** Marks batches whose job ran out of tries, as when the database was away for long: pg-boss moves the job, and this the batch. */
export async function markDeadBatches(db: Db): Promise<number> {
  return db.$executeRawUnsafe(
    `UPDATE "AgentBatch" SET state = 'dead' WHERE state = 'queued' AND id IN (
       SELECT (data->>'batchId')::uuid FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'created')`,
    INGEST_DEAD_LETTERS,
  );
}

/** How many batches wait as dead letters. */
export async function countDeadLetters(db: Db): Promise<number> {
  const [row] = await db.$queryRawUnsafe<{ count: number }[]>(
    `SELECT count(*)::int AS count FROM ${QUEUE_SCHEMA}.job WHERE name = $1 AND state = 'created'`,
    INGEST_DEAD_LETTERS,
  );
  return row?.count ?? 0;
}
