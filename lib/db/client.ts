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
    await applySettings(client, sessionSettingsSql(session));
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
      await applySettings(client, sessionSql);
      if (target !== undefined) await checkConnectionRequirements(target, client);
    },
  };
}

/** Opens a pool whose connections have the required session settings. The caller closes it. */
export function openPool(url: string, options: Omit<ConnectionOptions, 'database'> & PoolConfig = {}): pg.Pool {
  return new pg.Pool(poolConfig(url, options));
}

/** SQLSTATE of a cancelled statement. */
const CANCELLED = '57014';
const APPLY_ATTEMPTS = 10;

/** Applies settings to a new session. A very small limit of the role may cancel the statement that lifts it: then once more. */
async function applySettings(client: pg.ClientBase, sql: string): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      await client.query(sql);
      return;
    } catch (error) {
      if (attempt === APPLY_ATTEMPTS || (error as { code?: unknown }).code !== CANCELLED) throw error;
    }
}

/** Parses the URL; undefined for an empty one. */
const parseTarget = (url: string) => (url === '' ? undefined : readDatabaseUrl(url));
