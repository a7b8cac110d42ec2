import { issueKey } from '#lib/agents/key-admin.ts';
import type { Caller } from '#lib/agents/keys.ts';
import { registerAgent } from '#lib/agents/registry.ts';
import { openDb, type Db } from '#lib/db.ts';
import { COMMANDS } from '#lib/release/contract.ts';
import type { Client } from '../../../scripts/support/agent-client.ts';
import { waitUntilHealthy } from '../../support/process/health.ts';
import { freePort } from '../../support/postgres/postgres.ts';
import { startProcess } from '../../support/process/processes.ts';
import { ADMIN_CONTEXT, unwrap } from '../../support/agents.ts';
import { until } from '../../support/worker.ts';
import { ensureBuilt } from './built.ts';
import type { BenchDatabase } from './server.ts';

/** The web server in production mode, an agent with a key, and workers to start. */
export interface IngestBench extends AsyncDisposable {
  db: Db;
  ownerUrl: string;
  caller: Caller;
  client: Client;
  /** Runs something beside a worker that is there for it alone. */
  withWorker<T>(work: () => Promise<T>): Promise<T>;
  /** Resolves when no batch waits any more. */
  untilDone(): Promise<void>;
}

const HOUR_MS = 3_600_000;

export async function ingestBench({ url, appUrl }: BenchDatabase): Promise<IngestBench> {
  await ensureBuilt();
  const db = openDb(appUrl, { max: 4 });
  const env = { NODE_ENV: 'production', DATABASE_URL: appUrl, LOG_LEVEL: 'error' };
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const web = startProcess('sh', ['-c', COMMANDS.start], { env: { ...env, PORT: String(port), NEXTAUTH_URL: origin } });
  await waitUntilHealthy(origin, web);
  const agent = { name: 'bench', description: '', eventsPerSecond: 100_000 };
  const { id: agentId } = unwrap(await registerAgent(db, ADMIN_CONTEXT, agent));
  const { keyId, secret } = unwrap(await issueKey(db, ADMIN_CONTEXT, agentId, null));
  return {
    db,
    ownerUrl: url,
    caller: { keyId, agentId, agentName: agent.name, eventsPerSecond: agent.eventsPerSecond },
    client: { origin, key: secret, retries: 1_000 },
    withWorker: (work) => besideWorker(env, work),
    untilDone: () =>
      until(async () => (await db.agentBatch.count({ where: { state: 'queued' } })) === 0, undefined, HOUR_MS),
    async [Symbol.asyncDispose]() {
      await web.stop();
      await db.$disconnect();
    },
  };
}

async function besideWorker<T>(env: Record<string, string>, work: () => Promise<T>): Promise<T> {
  const port = await freePort();
  const worker = startProcess('node', ['worker/main.ts'], { env: { ...env, WORKER_PORT: String(port) } });
  try {
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/ready`).then(
        (response) => response.ok,
        () => false,
      );
    await until(ready, () => worker.output());
    return await work();
  } finally {
    await worker.stop();
  }
}
