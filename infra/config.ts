import * as pulumi from '@pulumi/pulumi';
import { z } from 'zod';
import { DATABASE_CONNECTIONS, connectionsNeeded, fitsFargate } from './compute/sizing.ts';

/** The stack configuration, validated before the first resource is registered. */
const between = (min: number, max: number) => z.number().int().min(min).max(max);
const digest = z.string().regex(/^[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com\/[a-z0-9/_-]+@sha256:[0-9a-f]{64}$/, {
  error: 'must be an ECR image by digest: <account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex>',
});
const task = { cpu: between(256, 16384), memory: between(512, 122880), poolMax: between(1, 50) };
/** GitHub's ids are numbers; a stack file may quote them. */
const numericId = z
  .union([z.number().int().positive(), z.string().regex(/^[1-9][0-9]*$/)], {
    error: 'must be the number that `gh api repos/OWNER/NAME` shows',
  })
  .transform(String);
const secretName = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of a variable');

const MISSING_RELEASE =
  'is missing: set it to what runs (npm run ecs -- releases), or to none before the first release';

const fields = z.strictObject({
  stack: z.strictObject({
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS region, like eu-central-1'),
    /** Enables deletion protection of stateful resources and makes the data protection settings mandatory. */
    protection: z.boolean(),
    owner: z.email(),
    logRetentionDays: z.union([7, 14, 30, 60, 90, 180, 365].map((days) => z.literal(days))),
  }),
  dns: z.strictObject({
    domain: z.hostname().refine((name) => name.includes('.'), 'must be a full host name'),
    hostedZoneId: z
      .string()
      .regex(/^Z[A-Z0-9]{8,31}$/, 'must be the id of a Route 53 zone, like Z0123456789ABCDEFGHIJ'),
  }),
  network: z.strictObject({
    cidr: z.cidrv4().refine((cidr) => /\/(16|17|18)$/.test(cidr), 'must have a prefix from /16 to /18'),
    zones: between(2, 3),
    /** NAT of the private subnets: one gateway, one per zone, or none (AWS endpoints only: no OpenID provider, no webhooks). */
    nat: z.enum(['none', 'single', 'per-zone']),
  }),
  web: z.strictObject({ ...task, min: between(1, 50), max: between(1, 100) }),
  worker: z.strictObject({ ...task, count: between(1, 20) }),
  database: z.strictObject({
    version: z.string().regex(/^1[5-9](\.\d+)?$/, 'must be a PostgreSQL version from 15 on'),
    instanceClass: z.enum(Object.keys(DATABASE_CONNECTIONS) as [string, ...string[]]),
    storageGb: between(20, 16384),
    maxStorageGb: between(20, 65536),
    multiAz: z.boolean(),
    backupDays: between(1, 35),
  }),
  // What the product uploads asks for a year itself (lib/audit/proof/object-lock.ts): a longer default would not hold for it.
  archive: z.strictObject({ lockMode: z.enum(['GOVERNANCE', 'COMPLIANCE']), lockDays: between(1, 365) }),
  alerts: z.strictObject({ email: z.email(), monthlyBudgetUsd: between(10, 1_000_000) }),
  waf: z.boolean(),
  deploy: z.strictObject({
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'must be owner/name; the ids go into ownerId and repositoryId'),
    /** Both ids, for a repository whose tokens name them: those made, renamed or transferred after 2026-07-15, and those that opted in. */
    ownerId: numericId.optional(),
    repositoryId: numericId.optional(),
    environment: z.string().regex(/^[^:*?]+$/, 'must be the name of a GitHub environment, without : * or ?'),
    stateBucket: z.string().min(3).max(63),
  }),
  /** Plain variables of the contract that this program does not set by itself, e.g. OIDC_ISSUER. */
  environment: z.record(secretName, z.string()).default({}),
  /** Secrets whose value an operator enters, e.g. OIDC_CLIENT_SECRET. */
  operatorSecrets: z.array(secretName).default([]),
  /**
   * The release to run. `none` before the first images exist: the platform is created without services. Mandatory, because an update
   * without it would remove the services.
   */
  release: z.union(
    [
      z.literal('none').transform(() => undefined),
      z.strictObject({
        commit: z.string().regex(/^[0-9a-f]{40}$/, 'must be a full commit id'),
        runner: digest,
        migrator: digest,
        /** Deploy older code although it is not compatible with a migration applied since. */
        force: z.boolean().default(false),
      }),
    ],
    { error: ({ input }) => (input === undefined ? MISSING_RELEASE : undefined) },
  ),
});

export type Config = z.output<typeof fields>;
export type ReleaseConfig = NonNullable<Config['release']>;

const schema = fields.superRefine((config, context) => {
  const addIssue = (path: string, message: string) =>
    context.addIssue({ code: 'custom', path: path.split('.'), message });
  for (const name of ['web', 'worker'] as const)
    if (!fitsFargate(config[name].cpu, config[name].memory))
      addIssue(
        `${name}.memory`,
        `${config[name].memory} MiB is not offered by Fargate with ${config[name].cpu} CPU units`,
      );
  if ((config.deploy.ownerId === undefined) !== (config.deploy.repositoryId === undefined))
    addIssue('deploy.ownerId', 'goes together with deploy.repositoryId: set both or neither');
  if (config.web.min > config.web.max) addIssue('web.max', 'must not be below web.min');
  if (config.database.maxStorageGb < config.database.storageGb)
    addIssue('database.maxStorageGb', 'must not be below database.storageGb');
  const needed = connectionsNeeded(config);
  const offered = DATABASE_CONNECTIONS[config.database.instanceClass] ?? 0;
  if (needed > offered)
    addIssue('database.instanceClass', `offers ${offered} connections; a rollout at full scale needs ${needed}`);
  if (!config.stack.protection) return;
  if (!config.database.multiAz) addIssue('database.multiAz', 'must be true in a protected stack');
  if (config.database.backupDays < 7) addIssue('database.backupDays', 'must be at least 7 in a protected stack');
  if (config.web.min < 2) addIssue('web.min', 'must be at least 2 in a protected stack');
  if (config.network.nat === 'single')
    addIssue('network.nat', 'must not be single in a protected stack: one zone would take all down');
});

/** Thrown before any resource is registered; one line per invalid key. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** Validates raw values. @param raw the parsed values under `golive:` of the stack file. @throws ConfigError naming each invalid key. */
export function parseConfig(raw: Record<string, unknown>): Config {
  const outcome = schema.safeParse(raw);
  if (outcome.success) return outcome.data;
  const lines = outcome.error.issues.map((issue) => {
    const path = issue.path.join('.');
    const extra =
      issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [path, key].filter(Boolean).join('.')) : [];
    return extra.length > 0
      ? extra.map((key) => `  golive:${key}: is not a known key`).join('\n')
      : `  golive:${path}: ${issue.message}`;
  });
  throw new ConfigError(`The stack's configuration is not usable:\n${lines.join('\n')}`);
}

/** Reads `golive:*` of the selected stack. */
export function readConfig(): Config {
  const namespace = `${pulumi.getProject()}:`;
  const raw: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(pulumi.runtime.allConfig()))
    if (key.startsWith(namespace)) raw[key.slice(namespace.length)] = parseValue(value);
  return parseConfig(raw);
}

/** Pulumi passes objects as JSON text and strings as they are. */
function parseValue(value: string): unknown {
  return /^[[{]|^(true|false)$/.test(value) ? JSON.parse(value) : value;
}
