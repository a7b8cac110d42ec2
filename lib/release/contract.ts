import type { Env } from '../env.ts';

/**
 * What every platform must agree on, once. railway.json, .railway/railway.ts, render.yaml, the image, the Pulumi program and the
 * documents are tested against this file. Pure data: its only import is a type, so that infra may read it. `Env` makes the names
 * of the variables: one that lib/env.ts gains and this table lacks does not compile.
 */

export const COMMANDS = {
  build: 'npm run build',
  migrate: 'npm run db:migrate:prod',
  start: 'npm run start',
  worker: 'npm run agent:ingest:worker',
  prune: 'npm run audit:prune',
} as const;

export const HEALTH_PATH = '/api/health';
/** Worker health path on WORKER_PORT for platforms with a single probe: 200 once it has been ready, unless it is stuck. */
export const WORKER_CHECK_PATH = '/working';

/** Five fields of cron, in UTC: every day at 03:00. */
export const PRUNE_SCHEDULE = '0 3 * * *';

/** Default port of the web server when `$PORT` is not set. */
export const DEFAULT_PORT = 3000;

/** Related timings, in seconds. Their invariants are tested, and so are the platform files against them. */
export const TIMING = {
  /** Idle timeout of the load balancer (default of AWS ALB). */
  loadBalancerIdle: 60,
  /** Keep-alive timeout; longer than `loadBalancerIdle`, to avoid sporadic 502s. */
  keepAlive: 65,
  /** Time to finish running work after SIGTERM. */
  drain: 25,
  /** Time until SIGKILL; longer than `drain`. */
  stop: 40,
  /** Maximum startup time until healthy. */
  boot: 20,
  /** Health-check grace period after start; longer than `boot`. */
  healthGrace: 60,
  /** /api/health answers, 200 or 503, within this. */
  healthAnswer: 2,
  /** A probe waits this long: longer than `healthAnswer`. */
  healthTimeout: 5,
  healthInterval: 15,
  /** Deadline for a new version to become healthy; longer than `healthGrace`. */
  deployHealth: 300,
  /** Timeout of migrations. */
  migrate: 900,
  /** A worker waits this long for migrations that another service is still running: at least `migrate`. */
  workerWaitsForMigrations: 900,
  /** Timeout of the prune. */
  prune: 3600,
} as const;

export const PROCESSES = ['web', 'worker', 'prune', 'migrate'] as const;
export type Process = (typeof PROCESSES)[number];

interface ProcessSpec {
  /** Command in a source checkout: Railway, Render, local. */
  command: string;
  /** Command in a container (PID 1): no shell and, for services, no npm, so that signals reach the process. */
  image: { target: 'runner' | 'migrator'; command: readonly string[] };
  summary: string;
  /** Long-running service, or one-off task. */
  life: 'service' | 'task';
  /** Reachable from outside. */
  public: boolean;
}

export const PROCESS_TABLE: Record<Process, ProcessSpec> = {
  web: {
    command: COMMANDS.start,
    image: { target: 'runner', command: ['node', 'server.js'] },
    summary: 'Pages and APIs',
    life: 'service',
    public: true,
  },
  worker: {
    command: COMMANDS.worker,
    image: { target: 'runner', command: ['node', 'worker/main.ts'] },
    summary: 'Processes agents’ events',
    life: 'service',
    public: false,
  },
  prune: {
    command: COMMANDS.prune,
    image: { target: 'runner', command: ['node', 'scripts/audit/prune.ts'] },
    summary: 'Audit retention, daily',
    life: 'task',
    public: false,
  },
  migrate: {
    command: COMMANDS.migrate,
    image: { target: 'migrator', command: ['npm', 'run', 'db:migrate:prod'] },
    summary: 'Migrations, before each rollout',
    life: 'task',
    public: false,
  },
};

export type Need = 'required' | 'optional';

export interface VariableSpec {
  /** Stored in the platform's secret store only. */
  secret: boolean;
  /** Who sets it: a person, the platform by itself, or the image. */
  from: 'operator' | 'platform' | 'image';
  /** Which processes read it, and whether it is required. */
  needs: Partial<Record<Process, Need>>;
}

export type VariableName = keyof Env;

const everywhere = (need: Need) => ({ web: need, worker: need, prune: need, migrate: need }) as const;
const running = (need: Need) => ({ web: need, worker: need, prune: need }) as const;

export const VARIABLES: Record<VariableName, VariableSpec> = {
  NODE_ENV: { secret: false, from: 'operator', needs: everywhere('required') },
  PORT: { secret: false, from: 'platform', needs: { web: 'optional' } },
  LOG_LEVEL: { secret: false, from: 'operator', needs: running('optional') },
  DATABASE_URL: { secret: true, from: 'operator', needs: everywhere('required') },
  MIGRATE_DATABASE_URL: { secret: true, from: 'operator', needs: { prune: 'optional', migrate: 'optional' } },
  WORKER_DATABASE_URL: { secret: true, from: 'operator', needs: { migrate: 'optional' } },
  DATABASE_APP_ROLE: { secret: false, from: 'operator', needs: { migrate: 'optional' } },
  DATABASE_CA_CERT: { secret: false, from: 'operator', needs: everywhere('optional') },
  DATABASE_POOL_MAX: { secret: false, from: 'operator', needs: running('optional') },
  NEXTAUTH_SECRET: { secret: true, from: 'operator', needs: running('required') },
  NEXTAUTH_URL: { secret: false, from: 'operator', needs: { web: 'optional', migrate: 'optional' } },
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: { secret: true, from: 'operator', needs: { web: 'optional' } },
  TRUSTED_PROXY_COUNT: { secret: false, from: 'operator', needs: { web: 'optional' } },
  SESSION_IDLE_MINUTES: { secret: false, from: 'operator', needs: { web: 'optional' } },
  SESSION_ABSOLUTE_MINUTES: { secret: false, from: 'operator', needs: { web: 'optional' } },
  OIDC_ISSUER: { secret: false, from: 'operator', needs: { web: 'optional' } },
  OIDC_CLIENT_ID: { secret: false, from: 'operator', needs: { web: 'optional' } },
  OIDC_CLIENT_SECRET: { secret: true, from: 'operator', needs: { web: 'optional' } },
  OIDC_NAME: { secret: false, from: 'operator', needs: { web: 'optional' } },
  OIDC_ASSUME_EMAIL_VERIFIED: { secret: false, from: 'operator', needs: { web: 'optional' } },
  DEV_ADMIN: { secret: false, from: 'operator', needs: { web: 'optional' } },
  AUDIT_RETENTION_DAYS: { secret: false, from: 'operator', needs: running('optional') },
  AUDIT_RETENTION_MAX_MB: { secret: false, from: 'operator', needs: { web: 'optional', prune: 'optional' } },
  AUDIT_RETENTION_LONGER: { secret: false, from: 'operator', needs: { web: 'optional', prune: 'optional' } },
  AUDIT_ARCHIVE_DIR: { secret: false, from: 'operator', needs: { prune: 'optional' } },
  AUDIT_SIGNING_KEY: { secret: true, from: 'operator', needs: running('optional') },
  AUDIT_PUBLIC_KEYS: { secret: false, from: 'operator', needs: running('optional') },
  AUDIT_ANCHOR_BUCKET: { secret: false, from: 'operator', needs: { worker: 'optional', prune: 'optional' } },
  AUDIT_WEBHOOK_URL: { secret: false, from: 'operator', needs: { worker: 'optional' } },
  AUDIT_WEBHOOK_SECRET: { secret: true, from: 'operator', needs: { worker: 'optional' } },
  WORKER_HOST: { secret: false, from: 'operator', needs: { worker: 'optional' } },
  WORKER_PORT: { secret: false, from: 'operator', needs: { worker: 'optional' } },
  GIT_COMMIT: { secret: false, from: 'image', needs: { web: 'optional', worker: 'optional' } },
};

/** Development only: forbidden in platform files, task definitions and production environments. */
export const FORBIDDEN_IN_PRODUCTION = ['DEV_ADMIN'] as const satisfies VariableName[];

/** Variables of the build; the same for every instance of a release. */
export const BUILD_VARIABLES = {
  /** `true` builds the standalone output for the image. */
  BUILD_STANDALONE: { secret: false },
  /** Key of server-action ids: builds with the same key accept each other's forms. */
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: { secret: true },
  /** The commit, under its own name in the image and under those of Railway and Render: names the deployment. */
  GIT_COMMIT: { secret: false },
  RAILWAY_GIT_COMMIT_SHA: { secret: false },
  RENDER_GIT_COMMIT: { secret: false },
} as const;

/**
 * Variables that one process takes in production, in the table's order.
 * @param only leave out what is secret (`plain`) or what is not (`secret`).
 */
export function variablesOf(process: Process, only?: 'secret' | 'plain'): VariableName[] {
  const names = Object.keys(VARIABLES) as VariableName[];
  return names.filter((name) => {
    const { needs, secret } = VARIABLES[name];
    if (needs[process] === undefined || (FORBIDDEN_IN_PRODUCTION as readonly string[]).includes(name)) return false;
    return only === undefined || secret === (only === 'secret');
  });
}
