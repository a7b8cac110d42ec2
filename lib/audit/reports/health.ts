import type { Db } from '../../db.ts';
import { env } from '../../env.ts';
import { shownField } from './shown-field.ts';
import { detectAnomalies, type Anomaly } from './anomalies.ts';
import { planPrune, policyOf } from '../retention/policy.ts';
import { verificationState, type VerificationState } from '../verification/state.ts';
import { zoneOffsets, type ZoneOffset } from './zone-offset.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Whole days of UTC before today. */
export const HEALTH_DAYS = 30;
const TOP = 10;

export interface HealthDay {
  day: string;
  events: number;
  denials: number;
  anomaly: Anomaly | null;
}

export interface AuditHealth {
  /** Whole days, oldest first; today, being unfinished, is not among them. */
  days: HealthDay[];
  topActions: { action: string; events: number }[];
  /** Addresses with the most failed sign-ins in `HEALTH_DAYS` days. */
  failuresByAddress: { ip: string; failures: number }[];
  growthOf: {
    bytes: number;
    /** Of the last seven whole days. */
    bytesPerDay: number;
    limitBytes: number | null;
    /** At that pace; null without a limit or without growth. */
    daysUntilLimit: number | null;
  };
  retention: {
    days: number;
    lastPrune: Date | null;
    /** Events that should have been removed more than 25 hours ago; more than 0 means that the prune does not run. */
    overdue: number;
    working: boolean;
  };
  proof: VerificationState;
  /** Events written with a wrong time zone by an old release. */
  zoneOffsets: ZoneOffset[];
}

/** Audit log health, for the monthly review. Anomalies are detected by `detectAnomalies()`. */
export async function auditHealth(db: Db, now = new Date()): Promise<AuditHealth> {
  const today = new Date(Math.floor(now.getTime() / DAY_MS) * DAY_MS);
  const first = new Date(today.getTime() - HEALTH_DAYS * DAY_MS);
  const [counts, failuresByAddress, bytes, events, retention, proof, shifted] = await Promise.all([
    countByDay(db, first, today),
    signInFailures(db, first),
    logBytes(db),
    estimatedEvents(db),
    retentionState(db, now),
    verificationState(db),
    zoneOffsets(db),
  ]);
  const days = Array.from({ length: HEALTH_DAYS }, (_, index) => {
    const day = new Date(first.getTime() + index * DAY_MS).toISOString().slice(0, 10);
    const ofDay = counts.filter((row) => row.day === day);
    return { day, events: sum(ofDay), denials: sum(ofDay.filter((row) => row.action === 'access.denied')) };
  });
  const anomalies = detectAnomalies(days.map((day) => day.events));
  const perEvent = events > 0 ? bytes / events : 0;
  const bytesPerDay = Math.round((perEvent * days.slice(-7).reduce((total, day) => total + day.events, 0)) / 7);
  return {
    days: days.map((day, index) => ({ ...day, anomaly: anomalies[index] ?? null })),
    topActions: topActions(counts),
    failuresByAddress,
    growthOf: growthOf(bytes, bytesPerDay),
    retention,
    proof,
    zoneOffsets: shifted,
  };
}

interface Count {
  day: string;
  action: string;
  events: number;
}

const sum = (rows: Count[]): number => rows.reduce((total, { events }) => total + events, 0);

const countByDay = (db: Db, from: Date, to: Date): Promise<Count[]> => db.$queryRaw`
  SELECT to_char("createdAt" AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day, "action", count(*)::int AS events FROM "AuditEvent"
  WHERE "createdAt" >= ${from.toISOString()}::timestamptz AND "createdAt" < ${to.toISOString()}::timestamptz GROUP BY 1, 2`;

const signInFailures = (db: Db, from: Date): Promise<{ ip: string; failures: number }[]> => db.$queryRaw`
  SELECT ${shownField('ip')} AS ip, count(*)::int AS failures FROM "AuditEvent"
  WHERE "action" = 'auth.sign_in' AND "outcome" = 'failure' AND ${shownField('ip')} IS NOT NULL AND "createdAt" >= ${from.toISOString()}::timestamptz
  GROUP BY 1 ORDER BY failures DESC, 1 LIMIT ${TOP}`;

function topActions(counts: Count[]): AuditHealth['topActions'] {
  const totals = Map.groupBy(counts, ({ action }) => action);
  return [...totals]
    .map(([action, rows]) => ({ action, events: sum(rows) }))
    .toSorted((a, b) => b.events - a.events)
    .slice(0, TOP);
}

async function logBytes(db: Db): Promise<number> {
  const [row] = await db.$queryRaw<{ bytes: bigint }[]>`
    SELECT sum(pg_total_relation_size(relid)) AS bytes FROM pg_partition_tree('"AuditEvent"') WHERE isleaf`;
  return Number(row?.bytes ?? 0);
}

/** The planner's estimate; an exact count would read the whole log. */
async function estimatedEvents(db: Db): Promise<number> {
  const [row] = await db.$queryRaw<{ events: number }[]>`
    SELECT sum(greatest(c.reltuples, 0))::float8 AS events FROM pg_partition_tree('"AuditEvent"') t JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf`;
  return row?.events ?? 0;
}

function growthOf(bytes: number, bytesPerDay: number): AuditHealth['growthOf'] {
  const { AUDIT_RETENTION_MAX_MB: max } = env();
  const limitBytes = max === undefined ? null : max * 1024 * 1024;
  const daysUntilLimit =
    limitBytes === null || bytesPerDay === 0 ? null : Math.max(0, Math.floor((limitBytes - bytes) / bytesPerDay));
  return { bytes, bytesPerDay, limitBytes, daysUntilLimit };
}

/** Retention works when nothing has been overdue for more than 25 hours. */
async function retentionState(db: Db, now: Date): Promise<AuditHealth['retention']> {
  const policy = policyOf(env());
  const last = await db.auditPrune.findFirst({ orderBy: { at: 'desc' }, select: { at: true } });
  const steps = await planPrune(db, policy, new Date(now.getTime() - 25 * 60 * 60 * 1000));
  const overdue = steps.filter(({ why }) => why === 'age').reduce((total, { rows }) => total + rows, 0);
  return { days: policy.days, lastPrune: last?.at ?? null, overdue, working: overdue === 0 };
}
