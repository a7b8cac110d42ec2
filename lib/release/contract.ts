/**
 * What every platform must agree on, once. railway.json, .railway/railway.ts, render.yaml, the image, the Pulumi program and the
 * documents are tested against this file. Pure data: it imports nothing, so that infra may read it.
 */

export const COMMANDS = {
  build: 'npm run build',
  migrate: 'npm run db:migrate:prod',
  start: 'npm run start',
  worker: 'npm run agent:ingest:worker',
  prune: 'npm run audit:prune',
} as const;

export const HEALTH_PATH = '/api/health';

/** Five fields of cron, in UTC: every day at 03:00. */
export const PRUNE_SCHEDULE = '0 3 * * *';

/** The web server listens on `$PORT` and on this port when the platform sets none. */
export const DEFAULT_PORT = 3000;

export type Process = 'web' | 'worker' | 'prune' | 'migrate';
