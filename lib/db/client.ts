import pg, { type Client, type ClientConfig, type PoolConfig } from 'pg';
import { connectionConfig } from './connection.ts';
import { pinningSql, type SessionSettings } from './sessions/settings.ts';
import { checkDemands, clientClass } from './url/requirements.ts';
import { readDatabaseUrl } from './url/read.ts';

/** Texts and names as parts of a statement, where it takes no parameters. */
export const { escapeLiteral, escapeIdentifier } = pg;

/** How a connection is opened. */
export interface Opening {
  /** Certificate authority, as `DATABASE_CA_CERT` gives it. */
  caCert?: string | undefined;
  /** What the session is set to beside or instead of what every session is set to. */
  session?: SessionSettings;
  /** Another database of the same server than the URL names. */
  database?: string;
}

/**
 * Opens a connection of its own whose session is pinned. Every connection of ours begins here or at `poolConfig()`, and a rule of the linter
 * keeps it so: one opened elsewhere would take its time zone from whoever configured the server.
 * @param config further settings of `pg`, like `connectionTimeoutMillis`, for what the URL itself does not say. The caller ends the
 *   connection.
 * @throws when the URL is not understood, the server cannot be reached, or refuses a setting; nothing stays open then.
 */
export async function openClient(
  url: string,
  { caCert, session, database, ...config }: Opening & ClientConfig = {},
): Promise<Client> {
  const target = targetOf(url);
  const Client = clientClass(pg.Client, target);
  const client = new Client({
    ...config,
    ...connectionConfig(url, caCert),
    ...(database === undefined ? {} : { database }),
  });
  try {
    await client.connect();
    await client.query(pinningSql(session));
    if (target !== undefined) await checkDemands(target, client);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Settings of a pool whose connections are pinned before anybody gets them, for the libraries that open their pool themselves. `openPool()`
 * opens one. What the URL says about the size of a pool and about waiting goes before `config`.
 */
export function poolConfig(
  url: string,
  { caCert, session, ...config }: Omit<Opening, 'database'> & PoolConfig = {},
): PoolConfig {
  const pinning = pinningSql(session);
  const target = targetOf(url);
  const waits = [target?.connectTimeout, target?.poolTimeout].filter((seconds) => seconds !== undefined);
  return {
    ...config,
    Client: clientClass((config.Client ?? pg.Client) as typeof pg.Client, target),
    ...connectionConfig(url, caCert),
    ...(target?.connectionLimit === undefined ? {} : { max: Math.min(target.connectionLimit, config.max ?? Infinity) }),
    // pg-pool has one limit for both: until a new connection is there, or one of the others is free. 0 is none.
    ...(waits.length === 0 ? {} : { connectionTimeoutMillis: waits.includes(0) ? 0 : Math.max(...waits) * 1_000 }),
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types lag behind
    onConnect: async (client) => {
      await client.query(pinning);
      if (target !== undefined) await checkDemands(target, client);
    },
  };
}

/** Opens a pool whose connections are pinned. The caller ends it. */
export function openPool(url: string, options: Omit<Opening, 'database'> & PoolConfig = {}): pg.Pool {
  return new pg.Pool(poolConfig(url, options));
}

/** What the URL says; an empty one says nothing. */
const targetOf = (url: string) => (url === '' ? undefined : readDatabaseUrl(url));
