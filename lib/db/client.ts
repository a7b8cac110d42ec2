import pg, { type Client, type ClientConfig, type PoolConfig } from 'pg';
import { connectionConfig } from './connection.ts';
import { sessionSettingsSql, type SessionSettings } from './sessions/settings.ts';
import { checkConnectionRequirements, clientClass } from './url/requirements.ts';
import { readDatabaseUrl } from './url/read.ts';

/** Escaping for statements that do not support parameters. */
export const { escapeLiteral, escapeIdentifier } = pg;

/** The driver's query, for protocols that it does not speak itself. */
export const { Query } = pg;

/** Options of a connection. */
export interface ConnectionOptions {
  /** Certificate authority, as `DATABASE_CA_CERT` gives it. */
  caCert?: string | undefined;
  /** Session settings in addition to, or instead of, the common ones. */
  session?: SessionSettings;
  /** Another database on the same server. */
  database?: string;
}

/**
 * Opens a connection and applies the required session settings. Every connection is opened here or through `poolConfig()` (enforced by a
 * lint rule); elsewhere it would depend on the server's configured time zone.
 * @param config further settings of `pg`, like `connectionTimeoutMillis`, for what the URL itself does not say. The caller closes the
 * connection.
 * @throws when the URL is invalid, the server is unreachable, or rejects a setting; the connection is then closed.
 */
export async function openClient(
  url: string,
  { caCert, session, database, ...config }: ConnectionOptions & ClientConfig = {},
): Promise<Client> {
  const target = parseTarget(url);
  const Client = clientClass(pg.Client, target);
  const client = new Client({
    ...config,
    ...connectionConfig(url, caCert),
    ...(database === undefined ? {} : { database }),
  });
  try {
    await client.connect();
    await client.query(sessionSettingsSql(session));
    if (target !== undefined) await checkConnectionRequirements(target, client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Pool configuration that applies the required session settings to each connection, for libraries that open their own pool. The URL's pool
 * size and timeouts take precedence over `config`.
 */
export function poolConfig(
  url: string,
  { caCert, session, ...config }: Omit<ConnectionOptions, 'database'> & PoolConfig = {},
): PoolConfig {
  const sessionSql = sessionSettingsSql(session);
  const target = parseTarget(url);
  const waits = [target?.connectTimeout, target?.poolTimeout].filter((seconds) => seconds !== undefined);
  return {
    ...config,
    Client: clientClass((config.Client ?? pg.Client) as typeof pg.Client, target),
    ...connectionConfig(url, caCert),
    ...(target?.connectionLimit === undefined ? {} : { max: Math.min(target.connectionLimit, config.max ?? Infinity) }),
    // pg-pool has one timeout for opening a connection and for waiting for a free one. 0 means none.
    ...(waits.length === 0 ? {} : { connectionTimeoutMillis: waits.includes(0) ? 0 : Math.max(...waits) * 1_000 }),
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types lag behind
    onConnect: async (client) => {
      await client.query(sessionSql);
      if (target !== undefined) await checkConnectionRequirements(target, client);
    },
  };
}

/** Opens a pool whose connections have the required session settings. The caller closes it. */
export function openPool(url: string, options: Omit<ConnectionOptions, 'database'> & PoolConfig = {}): pg.Pool {
  return new pg.Pool(poolConfig(url, options));
}

/** Parses the URL; undefined for an empty one. */
const parseTarget = (url: string) => (url === '' ? undefined : readDatabaseUrl(url));
