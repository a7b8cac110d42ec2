import pg, { type Client, type ClientConfig, type PoolConfig } from 'pg';
import { connectionConfig } from './connection.ts';
import { pinningSql, type SessionSettings } from './session.ts';

/** Texts and names as parts of a statement, where it takes no parameters. */
export const { escapeLiteral, escapeIdentifier } = pg;

/** How a connection is opened. */
export interface Opening {
  /** Certificate authority, as `DATABASE_CA_CERT` gives it. */
  caCert?: string | undefined;
  /** What the session is set to beside or instead of what every session is set to. */
  session?: SessionSettings;
}

/**
 * Opens a connection of its own whose session is pinned. Every connection of ours begins here or at `poolConfig()`, and a rule of the linter
 * keeps it so: one opened elsewhere would take its time zone from whoever configured the server.
 * @param config further settings of `pg`, like `connectionTimeoutMillis`. The caller ends the connection.
 * @throws when the server cannot be reached, or refuses a setting; nothing stays open then.
 */
export async function openClient(
  url: string,
  { caCert, session, ...config }: Opening & ClientConfig = {},
): Promise<Client> {
  const client = new pg.Client({ ...connectionConfig(url, caCert), ...config });
  try {
    await client.connect();
    await client.query(pinningSql(session));
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Settings of a pool whose connections are pinned before anybody gets them, for the libraries that open their pool themselves. `openPool()`
 * opens one.
 */
export function poolConfig(url: string, { caCert, session, ...config }: Opening & PoolConfig = {}): PoolConfig {
  const pinning = pinningSql(session);
  return {
    ...connectionConfig(url, caCert),
    ...config,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool waits for it; its types lag behind
    onConnect: async (client) => void (await client.query(pinning)),
  };
}

/** Opens a pool whose connections are pinned. The caller ends it. */
export function openPool(url: string, options: Opening & PoolConfig = {}): pg.Pool {
  return new pg.Pool(poolConfig(url, options));
}
