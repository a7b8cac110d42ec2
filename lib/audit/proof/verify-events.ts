import type { ClientBase } from 'pg';
import { LEAF_SQL } from './canonical.ts';
import type { Finding } from './finding.ts';
import { inTurn, type Lanes } from './verifier-connections.ts';

/** From inclusive, to exclusive, as PostgreSQL's timestamps; `infinity` takes what stands there along. */
type Stretch = readonly [from: string, to: string];

/** Within the stretch $1, $2. The time of a link is not part of its hash: one that was moved to the end of time must still be looked at. */
const within = (time: string): string => `${time} >= $1 AND (${time} < $2 OR $2 = 'infinity'::timestamptz)`;

/** Not yet removed by a prune. Removed events keep their place in the chain and have a tombstone. */
const ALIVE = `NOT EXISTS (SELECT FROM (SELECT t."toSequence" FROM "AuditTombstone" t WHERE t."fromSequence" <= c."sequence"
  ORDER BY t."fromSequence" DESC LIMIT 1) latest WHERE latest."toSequence" >= c."sequence")`;

/** The sealed and the pending leaves of a stretch of time. */
const PROOFS = `SELECT c."sequence", c."eventId", c."createdAt", c."leaf" FROM "AuditChain" c
    WHERE ${within('c."createdAt"')} AND ${ALIVE}
  UNION ALL SELECT NULL, p."eventId", p."createdAt", p."leaf" FROM "AuditPending" p WHERE ${within('p."createdAt"')}`;

const EVENTS = `SELECT "id", "createdAt", ${LEAF_SQL} AS leaf FROM "AuditEvent"
  WHERE ${within('"createdAt"')} AND isfinite("createdAt")`;

/** Events beside their leaves, both ways: where one side is absent its columns are null. */
const COMPARED = `(${EVENTS}) e FULL JOIN (${PROOFS}) proof ON proof."eventId" = e."id" AND proof."createdAt" = e."createdAt"`;

/** Anything but two leaves that are there and equal, byte for byte. */
const DIFFERS = `(e.leaf = proof."leaf") IS NOT TRUE`;

/**
 * Compares the events of stretches of time with their leaves, both ways: none changed, none without its leaf, no leaf without its event.
 * @param window leaves a query; the hash of one window's join has to fit into memory.
 */
export async function verifyEvents(
  clients: Lanes['clients'],
  stretches: readonly Stretch[],
  window: number,
  onProgress: (events: number) => void,
): Promise<{ events: number; finding?: Finding }> {
  const timeless = await withoutTime(clients[0]);
  if (timeless) return { events: 0, finding: timeless };
  const windows: Stretch[] = [];
  for (const stretch of stretches) windows.push(...(await split(clients[0], stretch, window)));
  let events = 0;
  const finding = await inTurn(clients, windows, async (client, stretch) => {
    const { rows } = await client.query<{ events: string; differ: string }>(
      `SELECT count(e."id") AS events, count(*) FILTER (WHERE ${DIFFERS}) AS differ FROM ${COMPARED}`,
      [...stretch],
    );
    if (rows[0]?.differ !== '0') return firstDifference(client, stretch);
    onProgress((events += Number(rows[0].events)));
    return undefined;
  });
  return { events, ...(finding === undefined ? {} : { finding }) };
}

/** An event at the end or the beginning of time has no leaf, so the sealer cannot have seen it. */
async function withoutTime(client: ClientBase): Promise<Finding | undefined> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT "id" FROM "AuditEvent" WHERE "createdAt" = '-infinity' OR "createdAt" = 'infinity' ORDER BY "id" LIMIT 1`,
  );
  return rows[0] && { kind: 'inserted', eventId: rows[0].id, detail: 'the event has no time, so it was never sealed' };
}

/** Cuts a stretch where the chain has enough links; events that it does not know fall into some window all the same. */
async function split(client: ClientBase, [from, to]: Stretch, window: number): Promise<Stretch[]> {
  const windows: Stretch[] = [];
  for (let start = from; ;) {
    const { rows } = await client.query<{ end: string }>(
      `SELECT "createdAt"::text AS end FROM "AuditChain" WHERE "createdAt" > $1 AND "createdAt" < $2 ORDER BY "createdAt" OFFSET ${window} LIMIT 1`,
      [start, to],
    );
    windows.push([start, rows[0]?.end ?? to]);
    if (rows[0] === undefined) return windows;
    start = rows[0].end;
  }
}

interface Difference {
  sequence: string | null;
  proven: string | null;
  present: string | null;
}

async function firstDifference(client: ClientBase, stretch: Stretch): Promise<Finding> {
  const { rows } = await client.query<Difference>(
    `SELECT proof."sequence", proof."eventId" AS proven, e."id" AS present FROM ${COMPARED} WHERE ${DIFFERS}
     ORDER BY coalesce(e."createdAt", proof."createdAt"), coalesce(e."id", proof."eventId") LIMIT 1`,
    [...stretch],
  );
  const row = rows[0];
  if (row === undefined) throw new Error('one snapshot has answered in two ways');
  const place = row.sequence === null ? {} : { sequence: BigInt(row.sequence) };
  if (row.proven === null)
    return { kind: 'inserted', eventId: row.present ?? '', detail: 'the event was never noted for sealing' };
  if (row.present === null) return { kind: 'missing', ...place, eventId: row.proven, detail: 'the event is gone' };
  return { kind: 'changed', ...place, eventId: row.present, detail: 'the event is not what was sealed' };
}
