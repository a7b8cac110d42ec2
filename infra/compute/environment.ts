import * as pulumi from '@pulumi/pulumi';
import type { Env } from '#lib/env.ts';
import { DEFAULT_PORT, VARIABLES, variablesOf, type Process, type VariableName } from '#lib/release/contract.ts';
import type { Config, ReleaseConfig } from '../config.ts';
import { APP_ROLE, operatorLabel, type SecretLabel } from '../data/secrets.ts';

/** Values from which the environment of a task definition is built. */
export interface TaskFacts {
  process: Process;
  config: Config;
  release: ReleaseConfig;
  archiveBucket: pulumi.Input<string>;
}

type Value = pulumi.Input<string> | undefined;

/**
 * Source of a variable on ECS: computed, a generated secret, or the stack file
 * (`golive:environment` for a plain one, `golive:operatorSecrets` for a secret one).
 */
type Source = { plain: (facts: TaskFacts) => Value } | { secret: (process: Process) => SecretLabel } | 'configured';

/** The load balancer is the only proxy in front of the app. */
const PROXIES = '1';

/** Port of the worker's container health check. */
export const WORKER_PORT = '3100';

/** Every variable of the release contract needs a row; TypeScript enforces it. */
const SOURCES: Record<keyof Env, Source> = {
  NODE_ENV: { plain: () => 'production' },
  PORT: { plain: () => String(DEFAULT_PORT) },
  LOG_LEVEL: 'configured',
  DATABASE_URL: {
    secret: (process) => (process === 'web' || process === 'migrate' ? 'web-database-url' : 'worker-database-url'),
  },
  MIGRATE_DATABASE_URL: { secret: () => 'owner-database-url' },
  WORKER_DATABASE_URL: { secret: () => 'worker-database-url' },
  DATABASE_APP_ROLE: { plain: () => APP_ROLE },
  DATABASE_CA_CERT: 'configured',
  DATABASE_POOL_MAX: {
    plain: ({ process, config }) => String(process === 'web' ? config.web.poolMax : config.worker.poolMax),
  },
  NEXTAUTH_SECRET: { secret: () => 'nextauth-secret' },
  NEXTAUTH_URL: { plain: ({ config }) => `https://${config.dns.domain}` },
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: 'configured',
  TRUSTED_PROXY_COUNT: { plain: () => PROXIES },
  SESSION_IDLE_MINUTES: 'configured',
  SESSION_ABSOLUTE_MINUTES: 'configured',
  OIDC_ISSUER: 'configured',
  OIDC_CLIENT_ID: 'configured',
  OIDC_CLIENT_SECRET: 'configured',
  OIDC_NAME: 'configured',
  OIDC_ASSUME_EMAIL_VERIFIED: 'configured',
  AUDIT_RETENTION_DAYS: 'configured',
  AUDIT_RETENTION_MAX_MB: 'configured',
  AUDIT_RETENTION_LONGER: 'configured',
  AUDIT_ARCHIVE_DIR: { plain: ({ archiveBucket }) => pulumi.interpolate`s3://${archiveBucket}/archives` },
  AUDIT_SIGNING_KEY: 'configured',
  AUDIT_PUBLIC_KEYS: 'configured',
  AUDIT_ANCHOR_BUCKET: { plain: ({ archiveBucket }) => archiveBucket },
  AUDIT_WEBHOOK_URL: 'configured',
  AUDIT_WEBHOOK_SECRET: 'configured',
  WORKER_HOST: 'configured',
  WORKER_PORT: { plain: () => WORKER_PORT },
  DEV_ADMIN: 'configured',
  GIT_COMMIT: { plain: ({ release }) => release.commit },
};

/** Plain variables of one process, in the contract's order. */
export function plainVariables(facts: TaskFacts): { name: string; value: pulumi.Input<string> }[] {
  return variablesOf(facts.process, 'plain').flatMap((name) => {
    const source = SOURCES[name];
    const value =
      source === 'configured' ? facts.config.environment[name] : 'plain' in source ? source.plain(facts) : undefined;
    if (value === undefined) return omitUnlessRequired(facts.process, name, 'golive:environment');
    return [{ name, value }];
  });
}

/** Secret variables of one process with the label of the secret that holds each. */
export function secretVariables({
  process,
  config,
}: Pick<TaskFacts, 'process' | 'config'>): { name: string; label: string }[] {
  return variablesOf(process, 'secret').flatMap((name) => {
    const source = SOURCES[name];
    if (source !== 'configured' && 'secret' in source) return [{ name, label: source.secret(process) }];
    if (config.operatorSecrets.includes(name)) return [{ name, label: operatorLabel(name) }];
    return omitUnlessRequired(process, name, 'golive:operatorSecrets');
  });
}

/** Optional variables may be missing; a missing required one is an error. */
function omitUnlessRequired(process: Process, name: VariableName, where: string): [] {
  if (VARIABLES[name].needs[process] === 'required') throw new Error(`${process} needs ${name}: set it under ${where}`);
  return [];
}
