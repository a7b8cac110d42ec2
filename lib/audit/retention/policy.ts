import { Prisma, type Tx } from '../../db.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The retention policy. The owner's minimum in "AuditPolicy" and legal holds in "AuditHold" take precedence. */
export interface RetentionPolicy {
  days: number;
  /** Maximum size in bytes; above it the oldest whole months are removed, whatever their age. */
  maxBytes?: number;
  /** Actions, or groups like `user.*`, with longer retention. */
  longer: { pattern: string; days: number }[];
}

/** The policy from environment variables. */
export function policyOf(env: {
  AUDIT_RETENTION_DAYS: number;
  AUDIT_RETENTION_MAX_MB?: number | undefined;
  AUDIT_RETENTION_LONGER?: string | undefined;
}): RetentionPolicy {
  const longer = (env.AUDIT_RETENTION_LONGER ?? '').split(',').flatMap((entry) => {
    const [pattern, days] = entry.split('=');
    return pattern && days ? [{ pattern, days: Number(days) }] : [];
  });
  const { AUDIT_RETENTION_MAX_MB: max } = env;
  return { days: env.AUDIT_RETENTION_DAYS, longer, ...(max === undefined ? {} : { maxBytes: max * 1024 * 1024 }) };
}

/** One step of a prune. */
export interface PruneStep {
  partition: string;
  /** The whole partition is dropped; otherwise rows are deleted in batches. */
  whole: boolean;
  rows: number;
  bytes: number;
  /** Rows that stay: longer retention, or held. */
  kept: number;
  /** Rows that stay only because of a legal hold. */
  held: number;
  why: 'age' | 'size';
  /** Time range of the removed rows. */
  from?: Date;
  before: Date;
}

interface Partition {
  name: string;
  from: Date | null;
  to: Date | null;
  bytes: bigint;
}

const moment = (date: Date) => Prisma.sql`${date.toISOString()}::timestamptz`;

/** Not under a legal hold; audit_is_held() of prisma/postgres/043 checks it again at deletion. */
const NOT_HELD = Prisma.sql`NOT EXISTS (SELECT FROM "AuditHold" h WHERE h."releasedAt" IS NULL
    AND (h."from" IS NULL OR "AuditEvent"."createdAt" >= h."from") AND (h."to" IS NULL OR "AuditEvent"."createdAt" < h."to")
    AND (h."actorId" IS NULL OR h."actorId" = "AuditEvent"."actorId") AND (h."targetId" IS NULL OR h."targetId" = "AuditEvent"."targetId"))`;

/** Conditions that exclude events with longer retention. */
function withoutExtendedRetention(policy: RetentionPolicy, now: Date): Prisma.Sql[] {
  return policy.longer.map(({ pattern, days }) => {
    const since = moment(new Date(now.getTime() - days * DAY_MS));
    const matches = pattern.endsWith('.*')
      ? Prisma.sql`starts_with("action", ${pattern.slice(0, -1)})`
      : Prisma.sql`"action" = ${pattern}`;
    return Prisma.sql`NOT (${matches} AND "createdAt" >= ${since})`;
  });
}

/** Conditions for removable events: no longer retention, not held. */
export const removable = (policy: RetentionPolicy, now: Date): Prisma.Sql[] => [
  ...withoutExtendedRetention(policy, now),
  NOT_HELD,
];

/** Plans what a prune would remove now, oldest first. Changes nothing. */
export async function planPrune(db: Tx, policy: RetentionPolicy, now = new Date()): Promise<PruneStep[]> {
  const floor = await floorDays(db);
  const cutoff = new Date(now.getTime() - Math.max(policy.days, floor) * DAY_MS);
  const youngest = new Date(now.getTime() - floor * DAY_MS);
  const parts = await partitions(db);
  let excess =
    policy.maxBytes === undefined ? 0 : parts.reduce((sum, { bytes }) => sum + Number(bytes), 0) - policy.maxBytes;
  const steps: PruneStep[] = [];
  for (const part of parts) {
    const aged = (part.from ?? new Date(0)) < cutoff;
    const tooBig = !aged && excess > 0 && part.to !== null && part.to <= youngest;
    if (!aged && !tooBig) continue;
    const before = part.to !== null && (tooBig || part.to <= cutoff) ? part.to : cutoff;
    const step = await planPartition(db, policy, part, before, now);
    if (step.rows === 0 && !step.whole) continue;
    steps.push({ ...step, why: aged ? 'age' : 'size' });
    if (step.whole) excess -= step.bytes;
  }
  return steps;
}

async function planPartition(
  db: Tx,
  policy: RetentionPolicy,
  { name, from, to, bytes }: Partition,
  before: Date,
  now: Date,
) {
  const range = Prisma.sql`"createdAt" < ${moment(before)} ${from === null ? Prisma.empty : Prisma.sql`AND "createdAt" >= ${moment(from)}`}`;
  const due = Prisma.join([range, ...withoutExtendedRetention(policy, now)], ' AND ');
  const [row] = await db.$queryRaw<{ all: bigint; due: bigint; going: bigint }[]>`
    SELECT count(*) AS all, count(*) FILTER (WHERE ${due}) AS due, count(*) FILTER (WHERE ${due} AND ${NOT_HELD}) AS going FROM "AuditEvent"
    WHERE ${range} AND tableoid = ${`"${name}"`}::regclass`;
  const rows = Number(row?.going ?? 0);
  const kept = Number(row?.all ?? 0) - rows;
  const held = Number(row?.due ?? 0) - rows;
  const whole = kept === 0 && to !== null && to <= before;
  return { partition: name, whole, rows, bytes: Number(bytes), kept, held, before, ...(from === null ? {} : { from }) };
}

async function floorDays(db: Tx): Promise<number> {
  const policy = await db.auditPolicy.findFirstOrThrow();
  return policy.floorDays;
}

/** The DEFAULT partition first, which has the oldest events; then the months, oldest first. */
async function partitions(db: Tx): Promise<Partition[]> {
  return db.$queryRaw<Partition[]>`
    SELECT name, bound[1]::timestamptz AS "from", bound[2]::timestamptz AS "to", pg_total_relation_size(oid) AS bytes
    FROM (SELECT c.oid, c.relname::text AS name,
            regexp_match(pg_get_expr(c.relpartbound, c.oid), $re$FROM [(]'([^']+)'[)] TO [(]'([^']+)'[)]$re$) AS bound
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '"AuditEvent"'::regclass) parts
    ORDER BY 2 NULLS FIRST`;
}
