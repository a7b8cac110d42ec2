import { Prisma, type Db } from '../../db.ts';
import { env } from '../../env.ts';
import { SOURCES, type Source } from '../catalogue.ts';
import { webhookSink, type Delivery, type Sink, type StreamedEvent } from './deliver.ts';

const BATCH = 100;
/** One delivery at a time for a sink: two streams would break the order. */
const LOCK_SPACE = 7_305_015;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
/** Reading, a delivery that runs into its timeout, and the cursor. */
const TURN_MS = 30_000;

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

async function turn(db: Db, sink: Sink, source: Source): Promise<number> {
  return db.$transaction(
    async (tx) => {
      const [lock] = await tx.$queryRaw<{ free: boolean }[]>`
        SELECT pg_try_advisory_xact_lock(${LOCK_SPACE}::int, hashtext(${`${sink.name}/${source}`})) AS free`;
      if (!lock?.free) return 0;
      const where = { sink_source: { sink: sink.name, source } };
      const cursor = await tx.auditStream.upsert({ where, create: { sink: sink.name, source }, update: {} });
      if (cursor.retryAt !== null && cursor.retryAt > new Date()) return 0;
      const events = await next(tx, source, cursor.sequence, cursor.failures > 0 ? 1 : BATCH);
      const last = events.at(-1);
      if (last === undefined) return 0;
      const delivery = await sink.deliver(events);
      const moved = { sequence: last.sequence, deliveredAt: new Date(), failures: 0, retryAt: null };
      if (delivery.outcome === 'delivered') {
        await tx.auditStream.update({ where, data: { ...moved, receipt: delivery.receipt } });
        return events.length;
      }
      if (delivery.outcome === 'refused' && events.length === 1) {
        await bury(tx, sink, last, delivery);
        await tx.auditStream.update({ where, data: moved });
        return 0;
      }
      // A batch that is refused is tried again one by one, to find the event that is the cause.
      const failures = cursor.failures + 1;
      const pause = delivery.outcome === 'refused' ? 0 : backOff(failures);
      await tx.auditStream.update({ where, data: { failures, retryAt: new Date(Date.now() + pause) } });
      return 0;
    },
    { timeout: TURN_MS },
  );
}

async function bury(tx: Prisma.TransactionClient, sink: Sink, event: StreamedEvent, delivery: Delivery): Promise<void> {
  const error = delivery.outcome === 'delivered' ? '' : delivery.error;
  const data = { sink: sink.name, sequence: event.sequence, eventId: event.id, error };
  await tx.auditDeadLetter.createMany({ data, skipDuplicates: true });
}

/** Links looked through at once; a source that is rare among them still moves on with the next call. */
const WINDOW = 5_000;

async function next(
  tx: Prisma.TransactionClient,
  source: Source,
  after: bigint,
  limit: number,
): Promise<StreamedEvent[]> {
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
