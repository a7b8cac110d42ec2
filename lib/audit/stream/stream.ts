import type { Db, Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { SOURCES, type Source } from '../events/catalogue.ts';
import { uuidv7 } from '../../ids.ts';
import { webhookSink, type DeliveryResult, type Sink, type StreamedEvent } from './deliver.ts';

const BATCH_SIZE = 100;
const MIN_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 10 * 60_000;
/** Longer than a delivery's timeout (`TIMEOUT_MS` in deliver.ts), so leases expire only after a crash. */
const LEASE_SECONDS = 30;

/** Exponential back-off with jitter: doubling, at most ten minutes, plus up to a quarter. */
export function backOff(failures: number, random = Math.random()): number {
  const pause = Math.min(MIN_BACKOFF_MS * 2 ** Math.min(failures - 1, 30), MAX_BACKOFF_MS);
  return Math.round(pause * (1 + random / 4));
}

/** The configured webhook sink, or null. */
export function configuredSink(): Sink | null {
  const { AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: secret } = env();
  return url !== undefined && secret !== undefined ? webhookSink(url, secret) : null;
}

/**
 * Delivers newly sealed events, per source, so that a failing source does not block others. Events are delivered in chain order; the cursor
 * advances only after the receiver has confirmed, so delivery is at least once.
 * @returns number of delivered events.
 */
export async function stream(db: Db, sink: Sink, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (const source of SOURCES) {
    for (;;) {
      if (signal?.aborted) return total;
      const sent = await deliverNextBatch(db, sink, source);
      total += sent;
      if (sent < BATCH_SIZE) break;
    }
  }
  return total;
}

/** Delivery state of a sink and source. */
interface Cursor {
  sequence: bigint;
  failures: number;
  retryAt: Date | null;
}

/** Delivers one batch. A lease instead of a transaction keeps other processes away while the receiver is called. */
async function deliverNextBatch(db: Db, sink: Sink, source: Source): Promise<number> {
  const of = { sink: sink.name, source };
  const cursor = await cursorOf(db, of);
  if (cursor.retryAt !== null && cursor.retryAt > new Date()) return 0;
  const events = await nextEvents(db, source, cursor.sequence, cursor.failures > 0 ? 1 : BATCH_SIZE);
  const last = events.at(-1);
  if (last === undefined) return 0;
  const lease = uuidv7();
  // The cursor must be unchanged: another process may have delivered these events.
  const claimed = await db.$executeRaw`
    UPDATE "AuditStream" SET "leaseId" = ${lease}::uuid, "leaseUntil" = now() + ${LEASE_SECONDS} * interval '1 second'
    WHERE "sink" = ${of.sink} AND "source" = ${source} AND "sequence" = ${cursor.sequence}
      AND ("leaseUntil" IS NULL OR "leaseUntil" < now())`;
  if (claimed === 0) return 0;
  const delivery = await sink.deliver(events);
  return db.$transaction((tx) => recordDelivery(tx, { ...of, leaseId: lease }, cursor, events, last, delivery));
}

/** Reads the cursor of a source, creating it at first use. */
async function cursorOf(db: Db, of: { sink: string; source: Source }): Promise<Cursor> {
  const where = { sink_source: of };
  const begun = await db.auditStream.findUnique({ where });
  if (begun !== null) return begun;
  await db.auditStream.createMany({ data: of, skipDuplicates: true });
  return db.auditStream.findUniqueOrThrow({ where });
}

/** Records the result of a delivery and releases the lease. Without the lease nothing changes, and the events are delivered again. */
async function recordDelivery(
  tx: Tx,
  where: { sink: string; source: Source; leaseId: string },
  cursor: Cursor,
  events: StreamedEvent[],
  last: StreamedEvent,
  delivery: DeliveryResult,
): Promise<number> {
  const released = { leaseId: null, leaseUntil: null };
  const advanced = { ...released, sequence: last.sequence, deliveredAt: new Date(), failures: 0, retryAt: null };
  if (delivery.outcome === 'delivered') {
    const { count } = await tx.auditStream.updateMany({ where, data: { ...advanced, receipt: delivery.receipt } });
    return count === 0 ? 0 : events.length;
  }
  if (delivery.outcome === 'refused' && events.length === 1) {
    const { count } = await tx.auditStream.updateMany({ where, data: advanced });
    if (count > 0) await addDeadLetter(tx, where.sink, last, delivery.error);
    return 0;
  }
  // A refused batch is retried one by one, to find the cause.
  const failures = cursor.failures + 1;
  const pause = delivery.outcome === 'refused' ? 0 : backOff(failures);
  await tx.auditStream.updateMany({ where, data: { ...released, failures, retryAt: new Date(Date.now() + pause) } });
  return 0;
}

async function addDeadLetter(tx: Tx, sink: string, event: StreamedEvent, error: string): Promise<void> {
  const data = { sink, sequence: event.sequence, eventId: event.id, error };
  await tx.auditDeadLetter.createMany({ data, skipDuplicates: true });
}

/** Chain links scanned per query. */
const LINKS_PER_QUERY = 5_000;

async function nextEvents(tx: Tx, source: Source, after: bigint, limit: number): Promise<StreamedEvent[]> {
  for (let from = after; ; from += BigInt(LINKS_PER_QUERY)) {
    const events = await tx.$queryRaw<StreamedEvent[]>`
      SELECT e.*, encode(c."leaf", 'hex') AS leaf, c."sequence"
      FROM (SELECT * FROM "AuditChain" WHERE "sequence" > ${from} AND "sequence" <= ${from + BigInt(LINKS_PER_QUERY)}) c
      CROSS JOIN LATERAL (SELECT * FROM "AuditEvent" a WHERE a."createdAt" = c."createdAt" AND a."id" = c."eventId" AND a."source" = ${source} LIMIT 1) e
      ORDER BY c."sequence" LIMIT ${limit}`;
    if (events.length > 0) return events;
    const [more] = await tx.$queryRaw<
      { more: boolean }[]
    >`SELECT EXISTS (SELECT FROM "AuditChain" WHERE "sequence" > ${from + BigInt(LINKS_PER_QUERY)}) AS more`;
    if (!more?.more) return [];
  }
}
