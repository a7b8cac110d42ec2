import { z } from 'zod';

/** The only reader of `process.env` in the product. Every field says what it is for: `.env.example` is made from here. */
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((value) => value === 'true');
const minutes = (fallback: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(60 * 24 * 30)
    .default(fallback);

const fields = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port of the web server'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log level that is written'),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .describe('PostgreSQL, as the app role'),
  MIGRATE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .optional()
    .describe('PostgreSQL, as the owner of the tables; used by migrations only'),
  WORKER_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// URL' })
    .optional()
    .describe('PostgreSQL, as a user of the worker alone, which migrations then make; used by migrations only'),
  DATABASE_APP_ROLE: z
    .string()
    .regex(/^[a-z_][a-z0-9_]{0,62}$/)
    .optional()
    .describe('Role whose rights the users of web and worker share; migrations then make it and both users'),
  DATABASE_CA_CERT: z
    .string()
    .min(1)
    .optional()
    .describe('Certificate authority of the database: a path or a PEM text'),
  DATABASE_POOL_MAX: z.coerce.number().int().min(1).max(100).default(5).describe('Most connections this process opens'),
  NEXTAUTH_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters: openssl rand -base64 32')
    .describe('Signs sessions and cursors'),
  NEXTAUTH_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine((url) => !url.endsWith('/'), 'must not end with a slash')
    .optional()
    .describe('Public origin, without a trailing slash; set after the first deployment'),
  TRUSTED_PROXY_COUNT: z.coerce
    .number()
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe('Reverse proxies in front of the app whose X-Forwarded-For entry is believed'),
  SESSION_IDLE_MINUTES: minutes(60).describe('A session ends after this long without a request'),
  SESSION_ABSOLUTE_MINUTES: minutes(12 * 60).describe('A session ends this long after signing in, whatever happens'),
  OIDC_ISSUER: z
    .url()
    .optional()
    .describe('OpenID Connect issuer; the provider appears when all three OIDC_ variables are set'),
  OIDC_CLIENT_ID: z.string().min(1).optional().describe('OpenID Connect client id'),
  OIDC_CLIENT_SECRET: z.string().min(1).optional().describe('OpenID Connect client secret'),
  OIDC_NAME: z.string().min(1).default('Single sign-on').describe('Name on the OpenID Connect button'),
  DEV_ADMIN: flag.describe('One-click admin sign-in for development; refused in production'),
  AUDIT_RETENTION_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(365)
    .describe('The audit log keeps events this many days; agents may not report older ones'),
  AUDIT_RETENTION_MAX_MB: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The oldest months go once the audit log takes more disk than this, in MiB'),
  AUDIT_RETENTION_LONGER: z
    .string()
    .regex(/^([a-z_.]+(\.\*)?=\d{1,5})(,[a-z_.]+(\.\*)?=\d{1,5})*$/, 'must look like user.*=1095,auth.sign_in=730')
    .optional()
    .describe('Actions that are kept for more days than the others: user.*=1095,auth.sign_in=730'),
  AUDIT_ARCHIVE_DIR: z
    .string()
    .min(1)
    .optional()
    .describe('Folder that takes an archive of what the prune removes, before it is removed'),
  AUDIT_SIGNING_KEY: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Ed25519 key that signs anchors, prunes and exports: PKCS #8 as PEM or base64; derived from NEXTAUTH_SECRET when absent',
    ),
  AUDIT_PUBLIC_KEYS: z.string().min(1).optional().describe('Public keys of before a rotation, separated by commas'),
  AUDIT_ANCHOR_BUCKET: z
    .string()
    .min(3)
    .optional()
    .describe('S3 bucket with Object Lock that takes a copy of each anchor'),
  AUDIT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Receiver of new audit events'),
  AUDIT_WEBHOOK_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters: openssl rand -base64 32')
    .optional()
    .describe('Signs what is sent to AUDIT_WEBHOOK_URL'),
  WORKER_PORT: z.coerce.number().int().min(0).max(65535).default(3100).describe('Port of the worker’s health answers'),
  GIT_COMMIT: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/)
    .optional()
    .describe('Commit this build was made from; platforms set their own variable'),
});

const schema = fields.refine((env) => !(env.DEV_ADMIN && env.NODE_ENV === 'production'), {
  path: ['DEV_ADMIN'],
  error: 'must not be true in production: anyone could become admin',
});

export type Env = z.output<typeof schema>;

/** Names of the variables the product reads, in order. */
export const ENV_FIELDS = fields.shape;

/** Thrown at boot; the message lists every bad variable on a line of its own and never a value. */
export class EnvError extends Error {
  override name = 'EnvError';
}

function check<S extends z.ZodType>(wanted: S, source: Record<string, string | undefined>): z.output<S> {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  given.GIT_COMMIT ??= given.RAILWAY_GIT_COMMIT_SHA ?? given.RENDER_GIT_COMMIT;
  const outcome = wanted.safeParse(given);
  if (outcome.success) return outcome.data;
  const lines = outcome.error.issues.map(({ path, message }) => {
    const name = path.join('.');
    return `  ${name}: ${given[name] === undefined ? 'is missing' : message}`;
  });
  throw new EnvError(`The environment is not usable:\n${lines.join('\n')}`);
}

/**
 * Parses an environment. Empty strings count as absent, as platforms' forms produce them.
 * @throws EnvError naming every bad variable.
 */
export function parseEnv(source: Record<string, string | undefined>): Env {
  return check(schema, source);
}

let parsed: Env | undefined;

/** The process's environment, parsed once at first use so that a build needs none. */
export function env(): Env {
  return (parsed ??= parseEnv(process.env));
}

/** The log level alone: a logger is made on import, also in a build, where the rest may be missing. */
export function logLevel(): Env['LOG_LEVEL'] {
  return fields.shape.LOG_LEVEL.catch('info').parse(process.env.LOG_LEVEL || undefined);
}

const migrateSchema = fields.pick({
  DATABASE_URL: true,
  MIGRATE_DATABASE_URL: true,
  WORKER_DATABASE_URL: true,
  DATABASE_APP_ROLE: true,
  DATABASE_CA_CERT: true,
});

/** What a migration needs: the database, and nothing of the app's secrets. */
export function migrateEnv(): z.output<typeof migrateSchema> {
  return check(migrateSchema, process.env);
}
