import { env } from '../env.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An event before this moment would be pruned at once. */
export function oldestAcceptable(now: Date): Date {
  return new Date(now.getTime() - env().AUDIT_RETENTION_DAYS * DAY_MS);
}
