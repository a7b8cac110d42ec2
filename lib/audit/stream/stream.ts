import type { Db, Tx } from '../../db.ts';
import { env } from '../../env.ts';
import { SOURCES, type Source } from '../events/catalogue.ts';
import { uuidv7 } from '../../ids.ts';
import { webhookSink, type Delivery, type Sink, type StreamedEvent } from './deliver.ts';

const BATCH = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** Longer than a delivery may take (`TIMEOUT_MS` in deliver.ts), so only a process that died leaves a lease to run out. */
const LEASE_SECONDS = 30;

/** The pause after so many failures in a row: doubling, at most ten minutes, and up to a quarter of it by chance. */
export function backOff(failures: number, chance = Math.random()): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 30), LONGEST_PAUSE_MS);
  return Math.round(pause * (1 + chance / 4));
}

/** The receiver of the environment, or null when none is set. */
export function configuredSink(): Sink | null {
  const { AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: secret } = env();
  return url !== undefined && secret !== undefined ? webhookSink(url, secret) : null;
}

/**
 * Delivers what has been sealed since the last time, each source by itself, so that one whose receiver chokes does not hold up the others. The
 * order is that of the chain, which no late commit can slip into. The cursor moves only after the receiver has answered:
 * an event is delivered at least once.
 * @returns events that left.
 */
export async function stream(db: Db, sink: Sink, signal?: AbortSignal): Promise<number> {
  let total = 0;
  for (const source of SOURCES) {
    for (;;) {
      if (signal?.aborted) return total;
      const sent = await turn(db, sink, source);
      total += sent;
      if (sent < BATCH) break;
    }
  }
  return total;
}

/** What a delivery starts from. */
interface Cursor {
  sequence: bigint;
  failures: number;
  retryAt: Date | null;
}

/** One delivery. No transaction is open while the receiver is asked: a lease keeps the others away from this source meanwhile. */
async function turn(db: Db, sink: Sink, source: Source): Promise<number> {
  const of = { sink: sink.name, source };
  const cursor = await cursorOf(db, of);
  if (cursor.retryAt !== null && cursor.retryAt > new Date()) return 0;
  const events = await next(db, source, cursor.sequence, cursor.failures > 0 ? 1 : BATCH);
  const last = events.at(-1);
  if (last === undefined) return 0;
  const lease = uuidv7();
  // The cursor has to be where it was read: whoever moved it has delivered these events.
  const claimed = await db.$executeRaw`
    UPDATE "AuditStream" SET "leaseId" = ${lease}::uuid, "leaseUntil" = now() + ${LEASE_SECONDS} * interval '1 second'
    WHERE "sink" = ${of.sink} AND "source" = ${source} AND "sequence" = ${cursor.sequence}
      AND ("leaseUntil" IS NULL OR "leaseUntil" < now())`;
  if (claimed === 0) return 0;
  const delivery = await sink.deliver(events);
  return db.$transaction((tx) => settle(tx, { ...of, leaseId: lease }, cursor, events, last, delivery));
}

/** The first delivery of a source begins its cursor; of two that do so at once, one finds it begun. */
async function cursorOf(db: Db, of: { sink: string; source: Source }): Promise<Cursor> {
  const where = { sink_source: of };
  const begun = await db.auditStream.findUnique({ where });
  if (begun !== null) return begun;
  await db.auditStream.createMany({ data: of, skipDuplicates: true });
  return db.auditStream.findUniqueOrThrow({ where });
}

/** Writes down what came of a delivery and ends the lease. Whoever lost the lease meanwhile changes nothing: the events come again. */
async function settle(
  tx: Tx,
  where: { sink: string; source: Source; leaseId: string },
  cursor: Cursor,
  events: StreamedEvent[],
  last: StreamedEvent,
  delivery: Delivery,
): Promise<number> {
  const free = { leaseId: null, leaseUntil: null };
  const moved = { ...free, sequence: last.sequence, deliveredAt: new Date(), failures: 0, retryAt: null };
  if (delivery.outcome === 'delivered') {
    const { count } = await tx.auditStream.updateMany({ where, data: { ...moved, receipt: delivery.receipt } });
    return count === 0 ? 0 : events.length;
  }
  if (delivery.outcome === 'refused' && events.length === 1) {
    const { count } = await tx.auditStream.updateMany({ where, data: moved });
    if (count > 0) await bury(tx, where.sink, last, delivery.error);
    return 0;
  }
  // A batch that is refused is tried again one by one, to find the event that is the cause.
  const failures = cursor.failures + 1;
  const pause = delivery.outcome === 'refused' ? 0 : backOff(failures);
  await tx.auditStream.updateMany({ where, data: { ...free, failures, retryAt: new Date(Date.now() + pause) } });
  return 0;
}

async function bury(tx: Tx, sink: string, event: StreamedEvent, error: string): Promise<void> {
  const data = { sink, sequence: event.sequence, eventId: event.id, error };
  await tx.auditDeadLetter.createMany({ data, skipDuplicates: true });
}

/** Links looked through at once; a source that is rare among them still moves on with the next call. */
const WINDOW = 5_000;

async function next(tx: Tx, source: Source, after: bigint, limit: number): Promise<StreamedEvent[]> {
  for (let from = after; ; from += BigInt(WINDOW)) {
    const events = await tx.$queryRaw<StreamedEvent[]>`
      SELECT e.*, encode(c."leaf", 'hex') AS leaf, c."sequence"
      FROM (SELECT * FROM "AuditChain" WHERE "sequence" > ${from} AND "sequence" <= ${from + BigInt(WINDOW)}) c
      CROSS JOIN LATERAL (SELECT * FROM "AuditEvent" a WHERE a."createdAt" = c."createdAt" AND a."id" = c."eventId" AND a."source" = ${source} LIMIT 1) e
      ORDER BY c."sequence" LIMIT ${limit}`;
    if (events.length > 0) return events;
    const [more] = await tx.$queryRaw<
      { more: boolean }[]
    >`SELECT EXISTS (SELECT FROM "AuditChain" WHERE "sequence" > ${from + BigInt(WINDOW)}) AS more`;
    if (!more?.more) return [];
  }
}
