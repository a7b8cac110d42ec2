import { DatabaseUrlError } from './split.ts';

/** Parses a parameter's value; throws ParameterError for invalid values. */
type Reader<T> = (value: string) => T;

const text: Reader<string> = (value) => value;

function oneOf<const T extends string>(values: readonly T[], otherwise: string): Reader<T> {
  return (value) => {
    const found = values.find((known) => known === value);
    if (found === undefined) throw new ParameterError(otherwise);
    return found;
  };
}

const number = (least: number): Reader<number> => {
  return (value) => {
    if (!/^\d{1,9}$/.test(value) || Number(value) < least)
      throw new ParameterError(`give a whole number, ${least} or more`);
    return Number(value);
  };
};

/** An invalid parameter value; the message says how to fix it. */
class ParameterError extends Error {}

const FLAG = oneOf(['true', 'false'], 'write true or false');
const ENCRYPTION = 'write disable, require, verify-ca or verify-full: what is encrypted is always verified here';
const OUR_SCHEMA = 'the tables are in the schema public: remove it, or use a database of its own';

/** All supported parameters. Of Prisma's own parameters only `connection_limit` and `pool_timeout` have an effect. */
const READERS = {
  host: text,
  port: text,
  user: text,
  password: text,
  dbname: text,
  sslmode: oneOf(['disable', 'require', 'verify-ca', 'verify-full'], ENCRYPTION),
  ssl: oneOf(['true', '1', 'false', '0'], 'use sslmode instead'),
  sslrootcert: text,
  sslcert: text,
  sslkey: text,
  sslnegotiation: oneOf(['postgres'], 'remove it: only the usual way is taken'),
  sslaccept: oneOf(
    ['strict'],
    'remove it and give the authority in DATABASE_CA_CERT: verification is not switched off',
  ),
  uselibpqcompat: FLAG,
  channel_binding: oneOf(['disable', 'prefer', 'require'], 'write disable, prefer or require'),
  gssencmode: oneOf(['disable', 'prefer'], 'remove it: Kerberos is not used here'),
  options: text,
  application_name: text,
  connect_timeout: number(0),
  target_session_attrs: oneOf(['any', 'read-write', 'primary'], 'remove it: the application writes'),
  client_encoding: (value: string) =>
    oneOf(['utf8', 'auto'], 'remove it: texts are UTF-8')(value.toLowerCase().replace('-', '')),
  schema: oneOf(['public'], OUR_SCHEMA),
  pgbouncer: FLAG,
  connection_limit: number(1),
  pool_timeout: number(0),
  socket_timeout: number(0),
  statement_cache_size: number(0),
  max_connection_lifetime: number(0),
  max_idle_connection_lifetime: number(0),
  single_use_connections: FLAG,
} satisfies Record<string, Reader<unknown>>;

type Name = keyof typeof READERS;

/** Parsed values by parameter name. */
export type Parameters = { [K in Name]?: ReturnType<(typeof READERS)[K]> };

/** Parameters that libpq does not support, so `psql URL` rejects them. */
const UNKNOWN_TO_LIBPQ: readonly Name[] = [
  'sslaccept',
  'uselibpqcompat',
  'schema',
  'pgbouncer',
  'connection_limit',
  'pool_timeout',
  'socket_timeout',
  'statement_cache_size',
  'max_connection_lifetime',
  'max_idle_connection_lifetime',
  'single_use_connections',
];

const isName = (name: string): name is Name => Object.hasOwn(READERS, name);

/**
 * Reads the parameters of a URL.
 * @throws DatabaseUrlError naming the invalid parameter, never a value.
 */
export function readParameters(pairs: [string, string][]): Parameters {
  const found: Record<string, unknown> = {};
  // An unescaped & in a password could make part of it look like a name.
  const password = pairs.findIndex(([name]) => /pass/i.test(name));
  for (const [at, [name, value]] of pairs.entries()) {
    const safe = isName(name) || (/^[\w.-]{1,40}$/.test(name) && (password === -1 || at <= password));
    const shown = safe ? name : 'a parameter';
    if (!isName(name)) throw new DatabaseUrlError(`has ${shown}, which is not understood: remove it`);
    if (Object.hasOwn(found, name)) throw new DatabaseUrlError(`gives ${shown} twice: keep one`);
    if (value === '') throw new DatabaseUrlError(`gives ${shown} without a value: remove it`);
    try {
      found[name] = READERS[name](value);
    } catch (error) {
      if (error instanceof ParameterError)
        throw new DatabaseUrlError(`gives ${shown} a value that is not understood: ${error.message}`);
      throw error;
    }
  }
  return found;
}

/** Parameters of a URL that `psql URL` would reject. */
export const unknownToPsql = (pairs: [string, string][]): string[] =>
  pairs
    .filter(([name, value]) => (name === 'ssl' ? value !== 'true' : UNKNOWN_TO_LIBPQ.some((beside) => beside === name)))
    .map(([name]) => name);
