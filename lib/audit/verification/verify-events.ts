import type { ClientBase } from 'pg';
import { leafSql } from '../proof/canonical.ts';
import type { VerificationFinding } from './finding.ts';
import { runInParallel, type VerifierConnections } from './connections.ts';

/** `from` inclusive, `to` exclusive, as PostgreSQL timestamps; `infinity` is inclusive. */
type TimeBounds = readonly [from: string, to: string];

/** SQL condition for the range $1, $2. The time of a link is not hashed, so links at `infinity` must be included. */
const withinBounds = (time: string): string => `${time} >= $1 AND (${time} < $2 OR $2 = 'infinity'::timestamptz)`;

/** Not removed by a prune. Removed events keep their link and have a tombstone. */
const NOT_PRUNED = `NOT EXISTS (SELECT FROM (SELECT t."toSequence" FROM "AuditTombstone" t WHERE t."fromSequence" <= c."sequence"
  ORDER BY t."fromSequence" DESC LIMIT 1) latest WHERE latest."toSequence" >= c."sequence")`;

/** Sealed and pending leaves of a time range. */
const LEAVES = `SELECT c."sequence", c."eventId", c."createdAt", c."leaf", c."form" FROM "AuditChain" c
    WHERE ${withinBounds('c."createdAt"')} AND ${NOT_PRUNED}
  UNION ALL SELECT NULL, p."eventId", p."createdAt", p."leaf", p."form" FROM "AuditPending" p WHERE ${withinBounds('p."createdAt"')}`;

const EVENTS = `SELECT * FROM "AuditEvent"
  WHERE ${withinBounds('"createdAt"')} AND isfinite("createdAt")`;

/** Full join of events and leaves. */
const COMPARED = `(${EVENTS}) e FULL JOIN (SELECT "sequence", "eventId", "createdAt" AS at, "leaf", "form" FROM (${LEAVES}) l) proof ON proof."eventId" = e."id" AND proof.at = e."createdAt"`;

/** True unless both leaves exist and are equal. */
const DIFFERS = `(${leafSql('proof."form"')} = proof."leaf") IS NOT TRUE`;

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
  let events = 0;
  const finding = await runInParallel(clients, batches, async (client, range) => {
    const { rows } = await client.query<{ events: string; differ: string }>(
      `SELECT count(e."id") AS events, count(*) FILTER (WHERE ${DIFFERS}) AS differ FROM ${COMPARED}`,
      [...range],
    );
    if (rows[0]?.differ !== '0') return firstDifference(client, range);
    onProgress((events += Number(rows[0].events)));
    return undefined;
  });
  return { events, ...(finding === undefined ? {} : { finding }) };
}

/** Finds events with an infinite time, which cannot have been sealed. */
async function findTimelessEvent(client: ClientBase): Promise<VerificationFinding | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM "AuditEvent" WHERE "createdAt" = '-infinity' OR "createdAt" = 'infinity' ORDER BY "id" LIMIT 1`,
  );
  return rows[0] && { kind: 'inserted', eventId: rows[0].id, detail: 'the event has no time, so it was never sealed' };
}

/** Splits a time range into batches by the chain's links; unknown events fall into one of the batches. */
async function splitIntoBatches(client: ClientBase, [from, to]: TimeBounds, batchSize: number): Promise<TimeBounds[]> {
  const batches: TimeBounds[] = [];
  for (let start = from; ;) {
    const { rows } = await client.query<{ end: string }>(
      `SELECT "createdAt"::text AS end FROM "AuditChain" WHERE "createdAt" > $1 AND "createdAt" < $2 ORDER BY "createdAt" OFFSET ${batchSize} LIMIT 1`,
      [start, to],
    );
    batches.push([start, rows[0]?.end ?? to]);
    if (rows[0] === undefined) return batches;
    start = rows[0].end;
  }
}

interface Difference {
  sequence: string | null;
  proven: string | null;
  present: string | null;
}

async function firstDifference(client: ClientBase, range: TimeBounds): Promise<VerificationFinding> {
  const { rows } = await client.query<Difference>(
    `SELECT proof."sequence", proof."eventId" AS proven, e."id" AS present FROM ${COMPARED} WHERE ${DIFFERS}
     ORDER BY coalesce(e."createdAt", proof.at), coalesce(e."id", proof."eventId") LIMIT 1`,
    [...range],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('one snapshot has answered in two ways');
  const place = row.sequence === null ? {} : { sequence: BigInt(row.sequence) };
  if (row.proven === null)
    return { kind: 'inserted', eventId: row.present ?? '', detail: 'the event is not in the outbox or the chain' };
  if (row.present === null) return { kind: 'missing', ...place, eventId: row.proven, detail: 'the event is missing' };
  return { kind: 'changed', ...place, eventId: row.present, detail: 'the event is not what was sealed' };
}
