import { Socket } from 'node:net';
import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient, type Prisma } from '#prisma/client/client.ts';
import { openPool } from './db/client.ts';
import { pinningSql } from './db/sessions/settings.ts';
import { env } from './env.ts';

export type Db = PrismaClient;
/** A transaction of `db().$transaction`. Writers of the audit log demand one. */
export type Tx = Prisma.TransactionClient;
export { Prisma } from '#prisma/client/client.ts';

/** A page must never hang on the database: the server cancels a statement after this long, in milliseconds. */
const STATEMENT_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 1_500;
/** `npm run dev` compiles in the same process, which may not get to an answer that has long been there. */
const DEVELOPMENT_CONNECT_TIMEOUT_MS = 30_000;
/**
 * A wire that has gone dead ends no connection: the kernel goes on sending for a quarter of an hour, and the pool is full meanwhile. The
 * server ends whatever lasts longer than a statement may, idle transactions too, so a connection that says nothing for this long is given
 * up. Of the socket rather than `query_timeout` of pg, which puts the dead connection of a transaction back into the pool.
 */
const PATIENCE_MS = STATEMENT_TIMEOUT_MS + 2_000;
/**
 * PostgreSQL's default of 4 for a random page is that of a turning disk. With it the planner sorts what is left of a month rather than walk
 * the index made for a filter, whenever it guesses that few rows match (docs/decisions/0024).
 */
const RANDOM_PAGE_COST = 1.1;

/** What each connection of the app sets beside what every connection of ours does. */
export const APP_SESSION = {
  statement_timeout: STATEMENT_TIMEOUT_MS,
  idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
  random_page_cost: RANDOM_PAGE_COST,
};

/** What each connection of the app sets, for whoever looks at its plans by another client. */
export const SESSION_SETTINGS = pinningSql(APP_SESSION);

/**
 * Opens a client of its own, for scripts and tests; the caller ends it with `$disconnect()`.
 * @param url connection URL; `max` bounds its connections. `patienceMs` is for whoever lets a single statement take longer than the server
 *   lets others: how long an answer is waited for, in milliseconds. `connectTimeoutMs` is how long a connection may take.
 */
export function openDb(
  url: string,
  {
    max = 5,
    caCert,
    patienceMs = PATIENCE_MS,
    connectTimeoutMs = CONNECT_TIMEOUT_MS,
  }: { max?: number; caCert?: string | undefined; patienceMs?: number; connectTimeoutMs?: number } = {},
): Db {
  const pool = openPool(url, {
    caCert,
    session: APP_SESSION,
    max,
    connectionTimeoutMillis: connectTimeoutMs,
    stream: () => impatientSocket(patienceMs),
    application_name: 'golive',
  });
  const adapter = new PrismaPg(pool, { disposeExternalPool: true });
  // A transaction waits for its connection as a query does, and lasts no longer than the server lets it be idle.
  return new PrismaClient({
    adapter,
    transactionOptions: { maxWait: connectTimeoutMs, timeout: STATEMENT_TIMEOUT_MS },
  });
}

function impatientSocket(patienceMs: number): Socket {
  const socket = new Socket();
  socket.setTimeout(patienceMs, () => socket.destroy(new Error('the database fell silent')));
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
