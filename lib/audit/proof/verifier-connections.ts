import type { Client, ClientBase } from 'pg';
import { openClient } from '../../db/client.ts';

/** Connections that verify side by side; on a server with one core two are no slower than one. */
const LANES = 2;

/** Connections for `verifyAudit()`, ended together. */
export interface Lanes extends AsyncDisposable {
  clients: readonly [ClientBase, ...ClientBase[]];
}

/** @throws when the database cannot be reached. */
export async function openLanes(url: string, caCert?: string): Promise<Lanes> {
  const open = () => openClient(url, { caCert });
  const clients: [Client, ...Client[]] = [await open()];
  const dispose = async () => void (await Promise.allSettled(clients.map((client) => client.end())));
  try {
    while (clients.length < LANES) clients.push(await open());
  } catch (error) {
    await dispose();
    throw error;
  }
  return { clients, [Symbol.asyncDispose]: dispose };
}

/**
 * Runs `work` in transactions that only read and that all see one snapshot, so that an event sealed meanwhile is never seen twice or not at all.
 * @param settings of each transaction, as SQL literals.
 */
export async function inOneSnapshot<T>(
  clients: Lanes['clients'],
  settings: Record<string, string>,
  work: () => Promise<T>,
): Promise<T> {
  let snapshot: string | undefined;
  try {
    for (const client of clients) {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      if (snapshot !== undefined) await client.query(`SET TRANSACTION SNAPSHOT '${snapshot}'`);
      else if (clients.length > 1) snapshot = await exportSnapshot(client);
      for (const [name, value] of Object.entries(settings)) await client.query(`SET LOCAL ${name} = ${value}`);
    }
    return await work();
  } finally {
    for (const client of clients) await client.query('ROLLBACK');
  }
}

async function exportSnapshot(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ name: string }>('SELECT pg_catalog.pg_export_snapshot() AS name');
  const name = rows[0]?.name ?? '';
  if (!/^[\w-]+$/.test(name)) throw new Error('the database exports no snapshot');
  return name;
}

/**
 * Hands tasks out in order, the next to whichever connection is free, until one finds something.
 * @returns what the earliest task has found, as if they had run one after another; or undefined.
 */
export async function inTurn<Task, Found>(
  clients: Lanes['clients'],
  tasks: readonly Task[],
  check: (client: ClientBase, task: Task) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = new Map<number, Found>();
  let next = 0;
  const lane = async (client: ClientBase) => {
    for (let index = next++; index < tasks.length && found.size === 0; index = next++) {
      const result = await check(client, tasks[index] as Task);
      if (result !== undefined) found.set(index, result);
    }
  };
  // Every lane comes to rest before anything is thrown: the transactions end behind their last query.
  const lanes = await Promise.allSettled(clients.map(lane));
  const failed = lanes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return found.get(Math.min(...found.keys()));
}
