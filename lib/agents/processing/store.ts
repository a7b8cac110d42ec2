import { Prisma, type Tx } from '../../db.ts';

/** An event that was not stored, and why. */
export interface Exception {
  batch: string;
  n: number;
  source: string;
  id: string;
  state: 'duplicate' | 'conflict' | 'failed';
  /** The audit event with this source and id. */
  audit?: string | null;
}

/** Columns of EventRow for PostgreSQL's json_to_recordset. */
const COLUMNS =
  Prisma.raw(`n int, source text, id text, hash text, audit uuid, at timestamptz(3), action text, outcome text, actor text,
  actor_label text, target_type text, target_id text, target_label text, correlation text, reason text, metadata jsonb`);

/** SQL for the events of stored batches; the payload never leaves the database. */
export const eventsOfBatches = (ids: string[]): Prisma.Sql => Prisma.sql`
  SELECT b.id AS batch, b."agentId" AS agent, b.ip, b."userAgent" AS agent_software, e.*
  FROM "AgentBatch" AS b CROSS JOIN LATERAL json_to_recordset(b.payload::json) AS e(${COLUMNS})
  WHERE b.id = ANY(${ids}::uuid[])`;

/** SQL for some events of a batch, passed as JSON. */
export const eventsFromJson = (batchId: string, json: string): Prisma.Sql => Prisma.sql`
  SELECT b.id AS batch, b."agentId" AS agent, b.ip, b."userAgent" AS agent_software, e.*
  FROM "AgentBatch" AS b CROSS JOIN LATERAL json_to_recordset(${json}::json) AS e(${COLUMNS})
  WHERE b.id = ${batchId}::uuid`;

/**
 * Inserts idempotency keys and audit events in one statement. The unique key decides which of several events with the same source and id is
 * stored, also between concurrent transactions. Keys are inserted in order, to avoid deadlocks.
 * @returns the events whose key already existed, as duplicate or conflict.
 */
export async function storeEvents(tx: Tx, events: Prisma.Sql): Promise<Exception[]> {
  const rejected = await tx.$queryRaw<(Omit<Exception, 'state'> & { hash: string; agent: string })[]>`
    WITH events AS MATERIALIZED (${events}),
    fresh AS (
      INSERT INTO "AgentEventKey" ("agentId", source, "eventId", "contentHash", "auditEventId", "eventAt")
      SELECT DISTINCT ON (agent, source COLLATE "C", id COLLATE "C") agent, source, id, decode(hash, 'hex'), audit, at
      FROM events ORDER BY agent, source COLLATE "C", id COLLATE "C", batch, n
      ON CONFLICT DO NOTHING
      RETURNING "auditEventId"
    ),
    stored AS (
      INSERT INTO "AuditEvent" (id, "createdAt", action, "schemaVersion", outcome, "actorType", "actorId", "actorLabel",
        "targetType", "targetId", "targetLabel", source, ip, "userAgent", "requestId", "correlationId", "idempotencyKey", reason,
        metadata)
      SELECT audit, at, action, 1, outcome, 'agent', actor, actor_label, target_type, target_id, target_label, 'agent', ip,
        agent_software, batch::text, correlation, id, reason, metadata
      FROM events JOIN fresh ON fresh."auditEventId" = events.audit
    )
    SELECT batch, n, agent, source, id, hash FROM events
    WHERE NOT EXISTS (SELECT FROM fresh WHERE fresh."auditEventId" = events.audit)`;
  return rejected.length === 0 ? [] : compareWithStored(tx, rejected);
}

/** A separate statement, to see what other transactions committed while the first one waited. */
function compareWithStored(tx: Tx, rejected: { batch: string }[]): Promise<Exception[]> {
  return tx.$queryRaw<Exception[]>`
    SELECT l.batch, l.n, l.source, l.id, k."auditEventId" AS audit,
           CASE WHEN k."contentHash" = decode(l.hash, 'hex') THEN 'duplicate' ELSE 'conflict' END AS state
    FROM json_to_recordset(${JSON.stringify(rejected)}::json)
      AS l(batch uuid, n int, agent uuid, source text, id text, hash text)
    JOIN "AgentEventKey" AS k ON k."agentId" = l.agent AND k.source = l.source AND k."eventId" = l.id
    ORDER BY l.batch, l.n`;
}
