import type { Client } from 'pg';
import { openClient } from '../client.ts';
import { endpointOf } from '../url/endpoint.ts';
import { readDatabaseUrl } from '../url/read.ts';

/** How often a second client is tried: a pooler that deals its sessions out in turn gives the shared one away sooner or later. */
const ROUNDS = 4;
/** In milliseconds. A pooler with a single session makes the second client wait: then the first has let it go, or never had it. */
const WAIT_MS = 3_000;

interface Where {
  caCert?: string | undefined;
}

/**
 * Why a URL must not carry migrations, as what follows the name of its variable; undefined when each client has a session of its own. Told
 * by the names of known providers first, and otherwise by looking: a pooler in transaction mode lets a second client use the session that
 * the first one just used, though that is still connected. Takes no lock and writes nothing.
 * @throws when the server cannot be reached.
 */
export async function sharedSessionFault(url: string, { caCert }: Where = {}): Promise<string | undefined> {
  const {
    name,
    sessions,
    instead = 'the address of the server itself, or a pooler in session mode',
  } = endpointOf(readDatabaseUrl(url));
  if (sessions !== 'by transaction' && !(await isShared(url, caCert))) return undefined;
  const what =
    sessions === 'by transaction' ? name : 'something that gives each transaction another session of the server';
  return `leads through ${what}, where neither the lock of a migration nor the settings of a session hold: use ${instead}`;
}

async function isShared(url: string, caCert: string | undefined): Promise<boolean> {
  const first = await openClient(url, { caCert, connectionTimeoutMillis: 10_000 });
  first.on('error', () => undefined);
  // Where no second client comes in, sessions are not shared: each has one until it goes.
  const second = await openClient(url, { caCert, connectionTimeoutMillis: WAIT_MS }).catch(() => undefined);
  second?.on('error', () => undefined);
  try {
    if (second === undefined) return false;
    for (let round = 0; round < ROUNDS; round++) {
      const before = await pid(first);
      await second.query('BEGIN');
      const beside = await pid(second);
      // Held by the other one's transaction, a shared session cannot be what this one gets.
      const after = beside === before ? before : await pid(first);
      await second.query('ROLLBACK');
      if (beside === before || after !== before) return true;
    }
    return false;
  } finally {
    await Promise.allSettled([first.end(), second?.end() ?? Promise.resolve()]);
  }
}

async function pid(client: Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid ?? 0;
}
