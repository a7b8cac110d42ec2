import type { ClientBase } from 'pg';
import { LEAF_SQL } from './canonical.ts';
import type { Finding } from './finding.ts';

/** Events a query. */
const WINDOW = 200_000;

/** Not yet removed by a prune. Removed events keep their place in the chain and have a tombstone. */
const ALIVE = `NOT EXISTS (SELECT FROM (SELECT t."toSequence" FROM "AuditTombstone" t WHERE t."fromSequence" <= c."sequence"
  ORDER BY t."fromSequence" DESC LIMIT 1) latest WHERE latest."toSequence" >= c."sequence")`;

/** The sealed and the pending leaves of a stretch of time. */
const PROOFS = `SELECT c."sequence", c."eventId", c."createdAt", c."leaf" FROM "AuditChain" c
    WHERE c."createdAt" >= $1 AND c."createdAt" < $2 AND ${ALIVE}
  UNION ALL SELECT NULL, p."eventId", p."createdAt", p."leaf" FROM "AuditPending" p WHERE p."createdAt" >= $1 AND p."createdAt" < $2`;

const EVENTS = `SELECT "id", "createdAt", ${LEAF_SQL} AS leaf FROM "AuditEvent" WHERE "createdAt" >= $1 AND "createdAt" < $2`;

/**
 * Compares the events of a stretch of time with their leaves, both ways: none changed, none without its leaf, no leaf without its event.
 * @param from a PostgreSQL timestamp, `-infinity` allowed; `to` likewise and exclusive.
 */
export async function verifyEvents(
  client: ClientBase,
  from: string,
  to: string,
  onProgress: (events: number) => void,
): Promise<{ events: number; finding?: Finding }> {
  let events = 0;
  for (let start = from; ;) {
    const end = await windowEnd(client, start, to);
    const { rows } = await client.query<{ events: string; good: string; proofs: string }>(
      `SELECT count(*) AS events, count(*) FILTER (WHERE proof."leaf" = e.leaf) AS good, (SELECT count(*) FROM (${PROOFS}) all_proofs) AS proofs
       FROM (${EVENTS}) e LEFT JOIN (${PROOFS}) proof ON proof."eventId" = e."id" AND proof."createdAt" = e."createdAt"`,
      [start, end],
    );
    const counts = rows[0] ?? { events: '0', good: '0', proofs: '0' };
    if (counts.events !== counts.good || counts.good !== counts.proofs) {
      const finding = await firstDifference(client, start, end);
      if (finding) return { events, finding };
    }
    events += Number(counts.events);
    onProgress(events);
    if (end === to) return { events };
    start = end;
  }
}

async function windowEnd(client: ClientBase, start: string, to: string): Promise<string> {
  const { rows } = await client.query<{ end: string }>(
    `SELECT "createdAt"::text AS end FROM "AuditEvent" WHERE "createdAt" > $1 AND "createdAt" < $2 ORDER BY "createdAt" OFFSET ${WINDOW} LIMIT 1`,
    [start, to],
  );
  return rows[0]?.end ?? to;
}

interface Difference {
  sequence: string | null;
  proven: string | null;
  present: string | null;
}

async function firstDifference(client: ClientBase, start: string, end: string): Promise<Finding | undefined> {
  const { rows } = await client.query<Difference>(
    `SELECT proof."sequence", proof."eventId" AS proven, e."id" AS present FROM (${EVENTS}) e
     FULL JOIN (${PROOFS}) proof ON proof."eventId" = e."id" AND proof."createdAt" = e."createdAt"
     WHERE e.leaf IS DISTINCT FROM proof."leaf"
     ORDER BY coalesce(e."createdAt", proof."createdAt"), coalesce(e."id", proof."eventId") LIMIT 1`,
    [start, end],
  );
  const row = rows[0];
  if (row === undefined) return undefined;
  const place = row.sequence === null ? {} : { sequence: BigInt(row.sequence) };
  if (row.proven === null)
    return { kind: 'inserted', eventId: row.present ?? '', detail: 'the event was never noted for sealing' };
  if (row.present === null) return { kind: 'missing', ...place, eventId: row.proven, detail: 'the event is gone' };
  return { kind: 'changed', ...place, eventId: row.present, detail: 'the event is not what was sealed' };
}
