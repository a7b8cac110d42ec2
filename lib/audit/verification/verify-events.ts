import type { ClientBase } from 'pg';
import { isForm, keptOf } from '../proof/leaf-bytes.ts';
import type { VerificationFinding } from './finding.ts';
import { runInParallel, type VerifierConnections } from './connections.ts';
import { readEvents, type EventWithLeaf, type TimeBounds } from './read-events.ts';

/**
 * Compares events with their leaves: none changed, none without a leaf, no leaf without an event.
 * @param batchSize leaves per query; the hash join must fit into memory.
 */
export async function verifyEvents(
  clients: VerifierConnections['clients'],
  ranges: readonly TimeBounds[],
  batchSize: number,
  onProgress: (events: number) => void,
): Promise<{ events: number; finding?: VerificationFinding }> {
  const withoutTime = await findTimelessEvent(clients[0]);
  if (withoutTime) return { events: 0, finding: withoutTime };
  const batches: TimeBounds[] = [];
  for (const range of ranges) batches.push(...(await splitIntoBatches(clients[0], range, batchSize)));
  const pruned = await hasTombstones(clients[0]);
  let events = 0;
  const finding = await runInParallel(clients, batches, async (client, range) => {
    const compared = await compareRange(client, range, pruned);
    if (compared.finding) return compared.finding;
    onProgress((events += compared.events));
    return undefined;
  });
  return { events, ...(finding === undefined ? {} : { finding }) };
}

/** Finds events with an infinite time, which cannot have been sealed. */
async function findTimelessEvent(client: ClientBase): Promise<VerificationFinding | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM public."AuditEvent" WHERE "createdAt" = '-infinity' OR "createdAt" = 'infinity' ORDER BY "id" LIMIT 1`,
  );
  return rows[0] && { kind: 'inserted', eventId: rows[0].id, detail: 'the event has no time, so it was never sealed' };
}

async function hasTombstones(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ any: boolean }>('SELECT EXISTS (SELECT FROM public."AuditTombstone") AS any');
  return rows[0]?.any !== false;
}

/** Splits a time range into batches by the chain's links; unknown events fall into one of the batches. */
async function splitIntoBatches(client: ClientBase, [from, to]: TimeBounds, batchSize: number): Promise<TimeBounds[]> {
  const batches: TimeBounds[] = [];
  for (let start = from; ;) {
    const { rows } = await client.query<{ end: string }>(
      `SELECT "createdAt"::text AS end FROM public."AuditChain" WHERE "createdAt" > $1 AND "createdAt" < $2 ORDER BY "createdAt" OFFSET ${batchSize} LIMIT 1`,
      [start, to],
    );
    batches.push([start, rows[0]?.end ?? to]);
    if (rows[0] === undefined) return batches;
    start = rows[0].end;
  }
}

/** Hashes the events of a range. @returns how many there are, and the first that is not what was sealed. */
async function compareRange(
  client: ClientBase,
  range: TimeBounds,
  pruned: boolean,
): Promise<{ events: number; finding?: VerificationFinding }> {
  let events = 0;
  let first: { time: number; id: string; finding: VerificationFinding } | undefined;
  await readEvents(client, range, pruned, (row) => {
    if (row.event !== undefined) events += 1;
    if (isSealed(row)) return;
    const { time, id } = row;
    if (first === undefined || time < first.time || (time === first.time && id < first.id))
      first = { time, id, finding: differenceOf(row) };
  });
  return { events, ...(first === undefined ? {} : { finding: first.finding }) };
}

function isSealed({ event, kept }: EventWithLeaf): boolean {
  if (event === undefined || kept === undefined || !isForm(kept.form)) return false;
  return keptOf(event, kept.form).compare(kept.bytes, kept.start, kept.end) === 0;
}

function differenceOf({ event, kept, sequence, id }: EventWithLeaf): VerificationFinding {
  const place = sequence === undefined ? {} : { sequence };
  if (kept === undefined)
    return { kind: 'inserted', eventId: id, detail: 'the event is not in the outbox or the chain' };
  if (event === undefined) return { kind: 'missing', ...place, eventId: id, detail: 'the event is missing' };
  return { kind: 'changed', ...place, eventId: id, detail: 'the event is not what was sealed' };
}
