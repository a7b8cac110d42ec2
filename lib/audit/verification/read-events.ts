import type { ClientBase } from 'pg';
import { copyOut, type BinaryRow } from '../../db/copy-out.ts';
import { escapeLiteral } from '../../db/client.ts';
import { LEAF_TEXTS, type LeafRow } from '../proof/leaf-bytes.ts';

/** `from` inclusive, `to` exclusive, as PostgreSQL timestamps; `infinity` is inclusive. */
export type TimeBounds = readonly [from: string, to: string];

/** An event and what was sealed of it; one of both may be missing. Valid until the next is read. */
export interface EventWithLeaf {
  event: LeafRow | undefined;
  /** In milliseconds since 1970; infinite for a leaf whose time was altered so. */
  time: number;
  kept: { form: number; bytes: Buffer; start: number; end: number } | undefined;
  /** Of the leaf, where there is one and it is sealed. */
  sequence: bigint | undefined;
  /** Of the event, or else of the leaf. */
  id: string;
}

/** The range as a condition. The time of a leaf is not hashed, so leaves at `infinity` must be included. */
const within = (time: string, [from, to]: TimeBounds): string =>
  `${time} >= ${moment(from)} AND (${time} < ${moment(to)} OR ${moment(to)} = 'infinity'::pg_catalog.timestamptz)`;

const moment = (text: string): string => `${escapeLiteral(text)}::pg_catalog.timestamptz`;

/** Not removed by a prune. Removed events keep their leaf and have a tombstone. */
const NOT_PRUNED = `NOT EXISTS (SELECT FROM (SELECT t."toSequence" FROM public."AuditTombstone" t WHERE t."fromSequence" <= c."sequence"
  ORDER BY t."fromSequence" DESC LIMIT 1) latest WHERE latest."toSequence" >= c."sequence")`;

/** What stands before the texts of the event in a row. */
const FIELD = { form: 0, leaf: 1, sequence: 2, leafId: 3, leafTime: 4, time: 5 } as const;
const TEXTS = Object.keys(FIELD).length;

/** Events with their sealed and pending leaves, each side without the other too. Values are the plain ones of the columns. */
const joined = (bounds: TimeBounds, pruned: boolean): string => `
  SELECT proof."form"::pg_catalog.int2, proof."leaf"::pg_catalog.bytea, proof."sequence"::pg_catalog.int8,
    proof."eventId"::pg_catalog.text, proof."createdAt"::pg_catalog.timestamptz, e."createdAt"::pg_catalog.timestamptz,
    ${LEAF_TEXTS.map((name) => `e."${name}"::pg_catalog.text`).join(', ')}
  FROM (SELECT * FROM public."AuditEvent" WHERE ${within('"createdAt"', bounds)} AND pg_catalog.isfinite("createdAt")) e
  FULL JOIN (
    SELECT c."sequence", c."eventId", c."createdAt", c."leaf", c."form" FROM public."AuditChain" c
      WHERE ${within('c."createdAt"', bounds)} ${pruned ? `AND ${NOT_PRUNED}` : ''}
    UNION ALL SELECT NULL, p."eventId", p."createdAt", p."leaf", p."form" FROM public."AuditPending" p
      WHERE ${within('p."createdAt"', bounds)}
  ) proof ON proof."eventId" = e."id" AND proof."createdAt" = e."createdAt"`;

/**
 * Reads the events and leaves of a time range, in no order.
 * @param pruned whether there are tombstones at all: to look for one of each leaf costs as much as hashing it.
 */
export async function readEvents(
  client: ClientBase,
  bounds: TimeBounds,
  pruned: boolean,
  onRow: (row: EventWithLeaf) => void,
): Promise<void> {
  let event: LeafRow | undefined;
  await copyOut(client, joined(bounds, pruned), TEXTS + LEAF_TEXTS.length, (row) => {
    // Views of the same numbers, which change with each row.
    event ??= { createdAt: 0, bytes: row.bytes, starts: row.starts.subarray(TEXTS), ends: row.ends.subarray(TEXTS) };
    const time = has(row, FIELD.time) ? millisecondsAt(row, FIELD.time) : undefined;
    event.bytes = row.bytes;
    event.createdAt = time ?? 0;
    onRow({
      event: time === undefined ? undefined : event,
      time: time ?? millisecondsAt(row, FIELD.leafTime),
      kept: keptIn(row),
      get sequence() {
        return has(row, FIELD.sequence) ? row.bytes.readBigInt64BE(row.starts[FIELD.sequence]) : undefined;
      },
      get id() {
        const field = time === undefined ? FIELD.leafId : TEXTS;
        return row.bytes.toString('latin1', row.starts[field], row.ends[field]);
      },
    });
  });
}

const has = ({ starts, ends }: BinaryRow, field: number): boolean => (ends[field] ?? -1) >= (starts[field] ?? 0);

function keptIn(row: BinaryRow): EventWithLeaf['kept'] {
  if (!has(row, FIELD.form)) return undefined;
  const [start = 0, end = -1] = [row.starts[FIELD.leaf], row.ends[FIELD.leaf]];
  return { form: row.bytes.readInt16BE(row.starts[FIELD.form]), bytes: row.bytes, start, end };
}

/** From microseconds since 2000. */
function millisecondsAt({ bytes, starts }: BinaryRow, field: number): number {
  const at = starts[field] ?? 0;
  const [high, low] = [bytes.readInt32BE(at), bytes.readUInt32BE(at + 4)];
  if (high === 0x7fffffff && low === 0xffffffff) return Infinity;
  if (high === -0x80000000 && low === 0) return -Infinity;
  return Math.round((high * 2 ** 32 + low) / 1000) + EPOCH_MS;
}

const EPOCH_MS = Date.UTC(2000, 0, 1);
