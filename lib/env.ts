import { z } from 'zod';
import { databaseUrlProblem } from './db/url/read.ts';
import { isPrivateKey, isPublicKey } from './ed25519.ts';

/** The only reader of `process.env` in lib. Descriptions are used to generate `.env.example`. */
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

/** Validated by the parser of database URLs, whose message is shown. */
const databaseUrl = () =>
  z.string().refine((url) => databaseUrlProblem(url) === undefined, {
    error: ({ input }) => databaseUrlProblem(String(input)),
  });

/** What stands between commas. */
const listOf = (text: string) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** True when a URL has only scheme, host and port. Invalid URLs are reported elsewhere. */
function isOrigin(url: string): boolean {
  if (!URL.canParse(url)) return true;
  const { pathname, search, hash, username } = new URL(url);
  return /^\/*$/.test(pathname) && search === '' && hash === '' && username === '';
}

const fields = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  PORT: z.coerce.number().int().min(0).max(65535).default(3000).describe('Port of the web server'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe log level that is written'),
  DATABASE_URL: databaseUrl().describe('PostgreSQL, as the app role'),
  MIGRATE_DATABASE_URL: databaseUrl()
    .optional()
    .describe('PostgreSQL, as the owner of the tables; used by migrations only'),
  WORKER_DATABASE_URL: databaseUrl()
    .optional()
    .describe(
      'PostgreSQL, as a user of the worker alone; used by migrations, which grant it its rights, and by audit:verify',
    ),
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
    .refine(isOrigin, 'must be an origin: scheme, host and port alone')
    .optional()
    .describe('Public origin, without a trailing slash; set after the first deployment'),
  NEXT_SERVER_ACTIONS_ENCRYPTION_KEY: z
    .base64()
    .refine((key) => [16, 24, 32].includes(Buffer.from(key, 'base64').length), 'must be 16, 24 or 32 bytes in base64')
    .optional()
    .describe(
      'Names the forms, also across releases, the same in every build; made from the commit when absent: openssl rand -base64 32',
    ),
  TRUSTED_PROXY_COUNT: z.coerce
    .number()
    .int()
    .min(0)
    .max(5)
    .default(0)
    .describe('Reverse proxies in front of the app whose X-Forwarded-For entry is believed; preflight wants it stated'),
  SESSION_IDLE_MINUTES: minutes(60).describe('A session ends after this long without a request'),
  SESSION_ABSOLUTE_MINUTES: minutes(12 * 60).describe('A session ends this long after signing in, whatever happens'),
  OIDC_ISSUER: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('OpenID Connect issuer; the provider appears when all three OIDC_ variables are set'),
  OIDC_CLIENT_ID: z.string().min(1).optional().describe('OpenID Connect client id'),
  OIDC_CLIENT_SECRET: z.string().min(1).optional().describe('OpenID Connect client secret'),
  OIDC_NAME: z.string().min(1).default('Single sign-on').describe('Name on the OpenID Connect button'),
  OIDC_ASSUME_EMAIL_VERIFIED: flag.describe(
    'Believe the address of a provider that never says whether it verified it (Entra ID); only where people cannot choose their own address',
  ),
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
    .regex(/^(?:(?!s3:).|s3:\/\/[a-z0-9][a-z0-9.-]{2,62}(\/|$))/, 'must be a folder or s3://bucket/prefix')
    .optional()
    .describe(
      'Folder, or s3://bucket/prefix with Object Lock, that takes what the prune removes, before it is removed',
    ),
  AUDIT_SIGNING_KEY: z
    .string()
    .refine(isPrivateKey, 'must be an Ed25519 key in PKCS #8, as PEM or base64')
    .optional()
    .describe(
      'Ed25519 key that signs anchors, prunes and exports, derived from NEXTAUTH_SECRET when absent: openssl genpkey -algorithm ed25519 -outform DER | base64 -w0',
    ),
  AUDIT_PUBLIC_KEYS: z
    .string()
    .refine(
      (text) => listOf(text).length > 0 && listOf(text).every(isPublicKey),
      'must be Ed25519 public keys, separated by commas: npm run audit:export -- --public-key prints one',
    )
    .optional()
    .describe('Public keys of before a rotation, separated by commas'),
  AUDIT_ANCHOR_BUCKET: z
    .string()
    .min(3)
    .optional()
    .describe('S3 bucket with Object Lock that takes a copy of each anchor'),
  AUDIT_WEBHOOK_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .optional()
    .describe('Receiver of new audit events; https in production'),
  AUDIT_WEBHOOK_SECRET: z
    .string()
    .min(32, 'must have at least 32 characters: openssl rand -base64 32')
    .optional()
    .describe('Signs what is sent to AUDIT_WEBHOOK_URL'),
  WORKER_HOST: z
    .string()
    .min(1)
    .optional()
    .describe('Address on which the worker’s health answers listen; every address when absent'),
  WORKER_PORT: z.coerce.number().int().min(0).max(65535).default(3100).describe('Port of the worker’s health answers'),
  GIT_COMMIT: z
    .string()
    .regex(/^[0-9a-f]{7,40}$/)
    .optional()
    .describe('Commit this build was made from; platforms set their own variable'),
});

export type Env = z.output<typeof fields>;

/** Names of the variables the product reads, in order. */
export const ENV_FIELDS = fields.shape;

/** Thrown at startup; the message lists each invalid variable on its own line, never a value. */
export class EnvError extends Error {
  override name = 'EnvError';
}

type Source = Record<string, string | undefined>;

const OIDC = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'];

/** Problems between variables. Checks the raw values, so that they are reported together with the others. */
function crossFieldProblems(given: Source): string[] {
  // With only some of the three the provider would be silently missing.
  const missing = OIDC.some((name) => given[name]) ? OIDC.filter((name) => !given[name]) : [];
  const open = given.DEV_ADMIN === 'true' && given.NODE_ENV === 'production';
  return [
    ...missing.map((name) => `${name}: is missing, and the other OIDC_ variables are set`),
    ...(open ? ['DEV_ADMIN: must not be true in production: anyone could become admin'] : []),
  ];
}

function check<S extends z.ZodType>(
  wanted: S,
  source: Source,
  rules: (given: Source) => string[] = () => [],
): z.output<S> {
  const given: Source = Object.fromEntries(Object.entries(source).filter(([, value]) => value?.trim()));
  given.GIT_COMMIT ??= given.RAILWAY_GIT_COMMIT_SHA ?? given.RENDER_GIT_COMMIT;
  const outcome = wanted.safeParse(given);
  const faults = (outcome.error?.issues ?? []).map(({ path, message }) => {
    const name = path.join('.');
    return `${name}: ${given[name] === undefined ? 'is missing' : message}`;
  });
  const lines = [...faults, ...rules(given)].map((line) => `  ${line}`);
  if (outcome.success && lines.length === 0) return outcome.data;
  throw new EnvError(`The environment is not usable:\n${lines.join('\n')}`);
}

/**
 * Parses an environment. Blank values count as absent, as platforms' forms produce them.
 * @throws EnvError naming every bad variable.
 */
export function parseEnv(source: Source): Env {
  return check(fields, source, crossFieldProblems);
}

let parsed: Env | undefined;

/** The process's environment, parsed once at first use so that a build needs none. */
export function env(): Env {
  return (parsed ??= parseEnv(process.env));
}

/** Only the log level: the logger is created on import, also in a build without the other variables. */
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

/** Variables of migrations: the database only. */
export function migrateEnv(): z.output<typeof migrateSchema> {
  return check(migrateSchema, process.env);
}

const commandSchema = fields.pick({ DATABASE_URL: true, DATABASE_CA_CERT: true, NEXTAUTH_URL: true, PORT: true });

/** Variables of user commands: the database, and the origin for printed links. */
export function commandEnv(): z.output<typeof commandSchema> {
  return check(commandSchema, process.env);
}
