import { DatabaseUrlFault } from './error.ts';
import { optionsSettingOurs } from './options.ts';
import { readParameters, unknownToPsql, type Parameters } from './parameters.ts';
import { severalHosts, splitDatabaseUrl } from './split.ts';

/** What a database URL says, to everything of ours that connects: web and worker, the queue, the migration engine, psql and pg_dump. */
export interface DatabaseTarget {
  /** A name, an address without brackets, or the folder of a socket. */
  host: string;
  port: number;
  user: string;
  /** Absent when the URL has none: then the server asks for none, or it comes from PGPASSWORD or a password file. */
  password?: string;
  database: string;
  tls: Tls;
  /** `require` fails where the server does not offer it. Absent when nothing is said. */
  channelBinding?: 'disable' | 'prefer' | 'require';
  /** Settings for the session, as PGOPTIONS has them. */
  options?: string;
  applicationName?: string;
  /** In seconds, for one attempt to connect. */
  connectTimeout?: number;
  /** In seconds, for a connection of the pool to become free. */
  poolTimeout?: number;
  /** Most connections that one process opens. */
  connectionLimit?: number;
  /** Whether a server that takes no writes is refused. */
  primaryOnly: boolean;
  /** What the URL itself says about a transaction pooler in front of the server. */
  saysPgbouncer: boolean;
  /** Names of parameters that are read here and with which `psql URL` itself refuses. */
  unknownToPsql: string[];
}

/** Whether and how a connection is encrypted. */
export interface Tls {
  /** Absent when nothing is said. `require` is as strict as `verify-full`: what is encrypted is also verified. */
  mode?: 'disable' | 'require' | 'verify-ca' | 'verify-full';
  /** Path of the authority that is trusted, or `system`. */
  rootCert?: string;
  /** Paths of the certificate and key with which we identify ourselves. */
  client?: { cert: string; key: string };
}

/** PostgreSQL's own port, for a URL without one. */
export const DEFAULT_PORT = 5432;

/**
 * Reads a database URL: the only place that does. It understands what libpq does, and the parameters of Prisma that are often found beside
 * those. What is left out is not guessed, since every client guesses differently.
 * @throws DatabaseUrlFault for what is not understood, with the mend.
 */
export function readDatabaseUrl(text: string): DatabaseTarget {
  const parts = splitDatabaseUrl(text);
  const given = readParameters(parts.parameters);
  const host = hostOf(given.host ?? parts.host);
  const user = given.user ?? parts.user;
  const database = given.dbname ?? parts.database;
  const password = given.password ?? parts.password;
  if (user === '') throw new DatabaseUrlFault('names no user: write one and an @ before the host');
  if (database === '') throw new DatabaseUrlFault('names no database: end it with /NAME');
  return {
    host,
    port: portOf(given.port ?? parts.port),
    user,
    ...(password === '' ? {} : { password }),
    database,
    tls: tlsOf(given, host),
    ...told({
      channelBinding: channelBindingOf(given, host),
      options: optionsSettingOurs(given.options),
      applicationName: given.application_name,
      connectTimeout: given.connect_timeout,
      poolTimeout: given.pool_timeout,
      connectionLimit: given.connection_limit,
    }),
    primaryOnly: given.target_session_attrs === 'read-write' || given.target_session_attrs === 'primary',
    saysPgbouncer: given.pgbouncer === 'true',
    unknownToPsql: unknownToPsql(parts.parameters),
  };
}

/** Whether the server is reached through a socket of this machine, where nothing is ever encrypted. */
export const isSocket = (host: string): boolean => host.startsWith('/');

/** What is wrong with a URL, or undefined. */
export function databaseUrlFault(text: string): string | undefined {
  try {
    readDatabaseUrl(text);
    return undefined;
  } catch (error) {
    if (error instanceof DatabaseUrlFault) return error.message;
    throw error;
  }
}

function hostOf(host: string): string {
  if (host === '') throw new DatabaseUrlFault('names no host: for a socket add ?host=/its/folder');
  if (host.includes(',')) throw severalHosts();
  if (host.startsWith('@')) throw new DatabaseUrlFault('names an abstract socket: give the folder of an ordinary one');
  return host;
}

function portOf(port: string): number {
  if (port === '') return DEFAULT_PORT;
  if (port.includes(',')) throw severalHosts();
  const number = /^\d{1,5}$/.test(port) ? Number(port) : 0;
  if (number < 1 || number > 65_535)
    throw new DatabaseUrlFault(
      'has a port that is no number from 1 to 65535: write a : or / in a password as %3A or %2F',
    );
  return number;
}

function tlsOf(given: Parameters, host: string): Tls {
  const { sslmode, ssl, sslrootcert, sslcert, sslkey } = given;
  const flag = ssl === undefined ? undefined : ssl === 'true' || ssl === '1' ? 'require' : 'disable';
  if (sslmode !== undefined && flag !== undefined && (sslmode === 'disable') !== (flag === 'disable'))
    throw new DatabaseUrlFault('says two things about encryption: remove ssl and keep sslmode');
  if ((sslcert === undefined) !== (sslkey === undefined))
    throw new DatabaseUrlFault('needs sslcert and sslkey together; the authority of the server goes into sslrootcert');
  if (isSocket(host)) return { mode: 'disable' };
  return told({
    mode: sslmode ?? flag,
    rootCert: sslrootcert,
    client: sslcert === undefined || sslkey === undefined ? undefined : { cert: sslcert, key: sslkey },
  });
}

function channelBindingOf({ channel_binding, sslmode, ssl }: Parameters, host: string) {
  const plain = isSocket(host) || sslmode === 'disable' || ssl === 'false' || ssl === '0';
  if (channel_binding === 'require' && plain)
    throw new DatabaseUrlFault(
      'asks for channel_binding=require without encryption: add sslmode=require, or remove it',
    );
  return channel_binding;
}

type Told<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Without what is undefined. */
const told = <T extends object>(all: T): Told<T> =>
  Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) as Told<T>;
