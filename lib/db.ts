import { Socket } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '#prisma/client/client.ts';
import { openPool } from './db/client.ts';
import { sessionSettingsSql } from './db/sessions/settings.ts';
import { env } from './env.ts';

export type Db = PrismaClient;
/** A transaction of `db().$transaction`. Audit writers require one. */
export type Tx = Prisma.TransactionClient;
export { Prisma } from '#prisma/client/client.ts';

/** Statement timeout, in milliseconds, so that no page hangs on the database. */
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 1_500;
/** `npm run dev` compiles in the same process, which may delay the handling of responses. */
const DEVELOPMENT_CONNECT_TIMEOUT_MS = 30_000;
/**
 * Socket timeout for half-open connections: without it the kernel retransmits for a quarter of an hour while the pool stays full. The
 * server cancels longer statements and idle transactions, so a longer silence means a dead connection. Set on the socket and not by pg's
 * `query_timeout`, which returns the dead connection of a transaction to the pool.
 */
const SOCKET_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 2_000;
/**
 * PostgreSQL's default of 4 is for rotating disks: the planner would sort the rest of a month instead of using a filter's index whenever it
 * expects few rows (docs/decisions/0024).
 */
const RANDOM_PAGE_COST = 1.1;

/** Session settings of the app's connections, in addition to the common ones. */
export const APP_SESSION = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  random_page_cost: RANDOM_PAGE_COST,
};

/** The app's session settings as SQL, for inspecting plans with another client. */
export const APP_SESSION_SQL = sessionSettingsSql(APP_SESSION);

/**
 * Opens a separate client, for scripts and tests; the caller closes it with `$disconnect()`.
 * @param url connection URL; `max` limits its connections. `socketTimeoutMs` is the socket timeout in milliseconds, to be raised for statements
 * with a longer timeout. `connectTimeoutMs` is the connection timeout.
 */
export function openDb(
  url: string,
  {
    max = 5,
    caCert,
    socketTimeoutMs = SOCKET_TIMEOUT_MS,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
  }: { max?: number; caCert?: string | undefined; socketTimeoutMs?: number; connectTimeoutMs?: number } = {},
): Db {
  const pool = openPool(url, {
    caCert,
    session: APP_SESSION,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    stream: () => createSocketWithTimeout(socketTimeoutMs),
    application_name: 'golive',
  });
  const adapter = new PrismaPg(pool, { disposeExternalPool: true });
  // A transaction waits for its connection as a query does, and lasts no longer than the idle-in-transaction timeout.
  return new PrismaClient({
    adapter,
    transactionOptions: { maxWait: connectTimeoutMs, timeout: STATEMENT_TIMEOUT_MS },
  });
}

function createSocketWithTimeout(socketTimeoutMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(socketTimeoutMs, () => socket.destroy(new Error('the database did not respond')));
  return socket;
}

// Kept on globalThis: hot reload and separate bundles of one server must share one pool.
const shared = globalThis as typeof globalThis & { golivePrisma?: Db };

/** The process's client, opened at first use. */
export function db(): Db {
  const { DATABASE_URL, DATABASE_POOL_MAX, DATABASE_CA_CERT, NODE_ENV } = env();
  return (shared.golivePrisma ??= openDb(DATABASE_URL, {
    max: DATABASE_POOL_MAX,
    caCert: DATABASE_CA_CERT,
    ...(NODE_ENV === 'development' ? { connectTimeoutMs: DEVELOPMENT_CONNECT_TIMEOUT_MS } : {}),
  }));
}
