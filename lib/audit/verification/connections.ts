import type { Client, ClientBase } from 'pg';
import { openClient } from '../../db/client.ts';

/** Parallel connections of the verifier. */
const CONNECTIONS = 2;

/** Connections for `verifyAudit()`, closed together. */
export interface VerifierConnections extends AsyncDisposable {
  clients: readonly [ClientBase, ...ClientBase[]];
}

/** @throws when the database cannot be reached. */
export async function openVerifierConnections(url: string, caCert?: string): Promise<VerifierConnections> {
  const open = () => openClient(url, { caCert });
  const clients: [Client, ...Client[]] = [await open()];
  const dispose = async () => void (await Promise.allSettled(clients.map((client) => client.end())));
  try {
    while (clients.length < CONNECTIONS) clients.push(await open());
  } catch (error) {
    await dispose();
    throw error;
  }
  return { clients, [Symbol.asyncDispose]: dispose };
}

/**
 * Runs `work` in read-only transactions that share one snapshot.
 * @param settings settings of each transaction, as SQL literals.
 */
export async function withSharedSnapshot<T>(
  clients: VerifierConnections['clients'],
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
 * Distributes tasks over the connections in order, until one finds something.
 * @returns the result of the earliest task that found something, or undefined.
 */
export async function runInParallel<Task, Found>(
  clients: VerifierConnections['clients'],
  tasks: readonly Task[],
  check: (client: ClientBase, task: Task) => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = new Map<number, Found>();
  let next = 0;
  const runTasks = async (client: ClientBase) => {
    for (let index = next++; index < tasks.length && found.size === 0; index = next++) {
      const result = await check(client, tasks[index] as Task);
      if (result !== undefined) found.set(index, result);
    }
  };
  // Wait for all connections before throwing, so that no query is running when the transactions end.
  const outcomes = await Promise.allSettled(clients.map(runTasks));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
  return found.get(Math.min(...found.keys()));
}
