import { env } from '../env.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Oldest accepted event time; older events would be pruned at once. */
export function oldestAcceptedTime(now: Date): Date {
  return new Date(now.getTime() - env().AUDIT_RETENTION_DAYS * DAY_MS);
}
