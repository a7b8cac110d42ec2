import { ERASED } from '../audit/proof/commitment.ts';
import type { Origin } from '../audit/events/catalogue.ts';
import { isUuid } from '../ids.ts';
import type { Db } from '../db.ts';
import { mapTransientErrors } from '../db/transient.ts';
import { fail, ok, type Result } from '../errors.ts';
import { MAX_EVENTS } from './ingest/cloudevents.ts';
import { authenticate } from './keys.ts';

export type BatchState = 'queued' | 'done' | 'dead';

export interface EventResult {
  source: string;
  id: string;
  state: 'stored' | 'duplicate' | 'conflict' | 'failed';
  /** The audit event with this source and id. */
  auditEventId: string | null;
}

export interface BatchReport {
  batchId: string;
  state: BatchState;
  receivedAt: string;
  processedAt: string | null;
  received: number;
  accepted: number;
  stored: number;
  duplicates: number;
  conflicts: number;
  failed: number;
  /** Empty while the batch is queued. */
  results: EventResult[];
}

interface StoredException {
  source: string;
  id: string;
  state: EventResult['state'];
  audit?: string | null;
}

/**
 * The processing result of a batch, for the agent whose key is used.
 * @returns `unauthenticated`, `not_found`, or `unavailable` with `retryAfter` in seconds while the database is unavailable.
 */
export async function getBatchReport(db: Db, request: ReportRequest, batchId: string): Promise<Result<BatchReport>> {
  return mapTransientErrors(async () => {
    const caller = await authenticate(db, request.authorization, request.origin);
    return caller.ok ? readBatch(db, caller.value.agentId, batchId) : caller;
  });
}

/** A key and where it came from. */
interface ReportRequest {
  authorization: string | null;
  origin: Origin;
}

/**
 * The processing result of a batch. Stored events are read from the audit log, where the batch's id is their request id; other results are
 * stored with the batch.
 * @param agentId the owner; another agent's batch is `not_found`.
 */
export async function readBatch(db: Db, agentId: string, batchId: string): Promise<Result<BatchReport>> {
  const batch = isUuid(batchId)
    ? await db.agentBatch.findFirst({
        where: { id: batchId, agentId },
        omit: { payload: true, ip: true, userAgent: true },
      })
    : null;
  if (batch === null) return fail('not_found', 'There is no such batch, or it has expired.');
  const { receivedAt, processedAt, received, accepted, stored, duplicates, conflicts, failed } = batch;
  return ok({
    batchId,
    state: batch.state as BatchState,
    receivedAt: receivedAt.toISOString(),
    processedAt: processedAt?.toISOString() ?? null,
    ...{ received, accepted, stored, duplicates, conflicts, failed },
    results: [
      ...(await storedResults(db, batchId)),
      ...exceptionResults(batch.exceptions as unknown as StoredException[]),
    ],
  });
}

async function storedResults(db: Db, batchId: string): Promise<EventResult[]> {
  const rows = await db.$queryRaw<{ auditEventId: string; source: string; id: string }[]>`
    SELECT id AS "auditEventId", coalesce(metadata #>> '{event,source}', ${ERASED}) AS source, coalesce("idempotencyKey", ${ERASED}) AS id
    FROM "AuditEvent" WHERE "requestId" = ${batchId} ORDER BY "createdAt" DESC, id DESC LIMIT ${MAX_EVENTS}`;
  return rows.map((row) => ({ ...row, state: 'stored' }));
}

const exceptionResults = (exceptions: StoredException[]): EventResult[] =>
  exceptions.map(({ source, id, state, audit }) => ({ source, id, state, auditEventId: audit ?? null }));
