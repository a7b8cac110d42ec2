import { REQUIRED_SETTINGS } from '../sessions/settings.ts';
import { type Parameters, readParameters, unknownToPsql } from './parameters.ts';
import { DatabaseUrlError, multipleHostsError, splitDatabaseUrl } from './split.ts';

/** A parsed database URL, used by web, worker, queue, migration engine, psql and pg_dump. */
export interface DatabaseTarget {
  /** A name, an address without brackets, or the folder of a socket. */
  host: string;
  port: number;
  user: string;
  /** Absent when the URL has none; it may come from PGPASSWORD or a password file. */
  password?: string;
  database: string;
  tls: Tls;
  /** `require` fails if the server does not offer it. Absent when not specified. */
  channelBinding?: 'disable' | 'prefer' | 'require';
  /** Settings for the session, as PGOPTIONS has them. */
  options?: string;
  applicationName?: string;
  /** In seconds, for one attempt to connect. */
  connectTimeout?: number;
  /** In seconds, for a connection of the pool to become free. */
  poolTimeout?: number;
  /** Maximum number of connections per process. */
  connectionLimit?: number;
  /** True when read-only servers are rejected. */
  primaryOnly: boolean;
  /** True when the URL declares a transaction pooler (`pgbouncer=true`). */
  isPgbouncer: boolean;
  /** Parameters that `psql URL` would reject. */
  unknownToPsql: string[];
}

/** TLS parameters of a connection. */
export interface Tls {
  /** Absent when not specified. `require` is as strict as `verify-full`. */
  mode?: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** Path of the trusted CA, or `system`. */
  rootCert?: string;
  /** Paths of the client certificate and key. */
  client?: { cert: string; key: string };
}

/** PostgreSQL's own port, for a URL without one. */
export const DEFAULT_PORT = 5432;

/**
 * Parses a database URL; the only parser in this application. Supports libpq's parameters and common ones of Prisma. Missing parts have no
 * defaults, because clients differ in them.
 * @throws DatabaseUrlError for invalid URLs, with the fix.
 */
export function readDatabaseUrl(text: string): DatabaseTarget {
  const parts = splitDatabaseUrl(text);
  const given = readParameters(parts.parameters);
  const host = hostOf(given.host ?? parts.host);
  const user = given.user ?? parts.user;
  const database = given.dbname ?? parts.database;
  const password = given.password ?? parts.password;
  if (user === '') throw new DatabaseUrlError('names no user: write one and an @ before the host');
  if (database === '') throw new DatabaseUrlError('names no database: end it with /NAME');
  return {
    host,
    port: portOf(given.port ?? parts.port),
    user,
    ...(password === '' ? {} : { password }),
    database,
    tls: tlsOf(given, host),
    ...omitUndefined({
      channelBinding: channelBindingOf(given, host),
      options: checkOptions(given.options),
      applicationName: given.application_name,
      connectTimeout: given.connect_timeout,
      poolTimeout: given.pool_timeout,
      connectionLimit: given.connection_limit,
    }),
    primaryOnly: given.target_session_attrs === 'read-write' || given.target_session_attrs === 'primary',
    isPgbouncer: given.pgbouncer === 'true',
    unknownToPsql: unknownToPsql(parts.parameters),
  };
}

/** True for a Unix socket, which is never encrypted. */
export const isSocket = (host: string): boolean => host.startsWith('/');

/** The problem with a URL, or undefined. */
export function databaseUrlProblem(text: string): string | undefined {
  try {
    readDatabaseUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseUrlError) return error.message;
    throw error;
  }
}

function hostOf(host: string): string {
  if (host === '') throw new DatabaseUrlError('names no host: for a socket add ?host=/its/folder');
  if (host.includes(',')) throw multipleHostsError();
  if (host.startsWith('@')) throw new DatabaseUrlError('names an abstract socket: give the folder of an ordinary one');
  return host;
}

function portOf(port: string): number {
  if (port === '') return DEFAULT_PORT;
  if (port.includes(',')) throw multipleHostsError();
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    throw new DatabaseUrlError(
      'has a port that is no number from 1 to 65535: write a : or / in a password as %3A or %2F',
    );
  return number;
}

function tlsOf(given: Parameters, host: string): Tls {
  const { sslmode, ssl, sslrootcert, sslcert, sslkey } = given;
  const flag = ssl === undefined ? undefined : ssl === 'true' || ssl === '1' ? 'require' : 'disable';
  if (sslmode !== undefined && flag !== undefined && (sslmode === 'disable') !== (flag === 'disable'))
    throw new DatabaseUrlError('says two things about encryption: remove ssl and keep sslmode');
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw new DatabaseUrlError('needs sslcert and sslkey together; the authority of the server goes into sslrootcert');
  if (isSocket(host)) return { mode: 'disable' };
  return omitUndefined({
    mode: sslmode ?? flag,
    rootCert: sslrootcert,
    client: sslcert === undefined || sslkey === undefined ? undefined : { cert: sslcert, key: sslkey },
  });
}

function channelBindingOf({ channel_binding, sslmode, ssl }: Parameters, host: string) {
  const plain = isSocket(host) || sslmode === 'disable' || ssl === 'false' || ssl === '0';
  if (channel_binding === 'require' && plain)
    throw new DatabaseUrlError(
      'asks for channel_binding=require without encryption: add sslmode=require, or remove it',
    );
  return channel_binding;
}

type WithoutUndefined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Omits undefined properties. */
const omitUndefined = <T extends object>(all: T): WithoutUndefined<T> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as WithoutUndefined<T>;

const MANAGED_SETTINGS: ReadonlySet<string> = new Set(Object.keys(REQUIRED_SETTINGS).map((name) => name.toLowerCase()));

/**
 * Returns the URL's session options unless they include a setting that the app sets itself.
 * @throws DatabaseUrlError naming the setting.
 */
function checkOptions(options: string | undefined): string | undefined {
  for (const [, name = ''] of (options ?? '').matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)\s*=/g)) {
    const setting = name.toLowerCase().replaceAll('-', '_');
    if (MANAGED_SETTINGS.has(setting))
      throw new DatabaseUrlError(`sets ${setting} in its options, which the application sets itself: remove it`);
  }
  return options;
}

/** The address of a database as `host:port/name`, percent-encoded, without credentials; for display and comparison. */
export function addressOf({ host, port, database }: Pick<DatabaseTarget, 'host' | 'port' | 'database'>): string {
  const shown = host.includes(':') ? `[${host}]` : encodeURIComponent(host);
  return `${shown}:${port}/${encodeURIComponent(database)}`;
}
