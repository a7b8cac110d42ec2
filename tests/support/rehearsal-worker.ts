import { issueKey } from '#lib/agents/key-admin.ts';
import { newAgent, registerAgent } from '#lib/agents/registry.ts';
import type { AuditContext } from '#lib/audit/events/catalogue.ts';
import { openDb } from '#lib/db.ts';
import { COMMANDS, TIMING } from '#lib/release/contract.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './postgres/postgres.ts';
import { startProcess, type Running } from './process/processes.ts';

const ACT: AuditContext = {
  actor: { type: 'system', id: 'runbook:rehearse', label: 'runbook:rehearse' },
  origin: { source: 'cli' },
};

interface RehearsedWorker extends AsyncDisposable {
  /** Stops it. @throws unless it drained, or when it logged an error. */
  stop(): Promise<void>;
}

/** Starts the worker with the command of the runbook and waits until it is ready. */
export async function rehearseWorker(env: Record<string, string>): Promise<RehearsedWorker> {
  const port = await freePort();
  const worker = startProcess('sh', ['-c', COMMANDS.worker], {
    env: { ...env, NODE_ENV: 'production', WORKER_PORT: String(port) },
  });
  await untilReady(worker, `http://127.0.0.1:${port}/ready`);
  return {
    async stop() {
      await worker.stop();
      const log = worker.output();
      if (!log.includes('worker stopped')) throw new Error(`the worker did not drain:\n${log}`);
      if (/"level":"(error|fatal)"/.test(log)) throw new Error(`the worker logged an error:\n${log}`);
    },
    [Symbol.asyncDispose]: () => worker.stop(),
  };
}

async function untilReady(worker: Running, url: string): Promise<void> {
  const deadline = Date.now() + TIMING.boot * 1000;
  while (Date.now() < deadline) {
    const ready = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
    await sleep(100);
  }
  await worker.stop();
  throw new Error(`the worker took no jobs within ${TIMING.boot} s:\n${worker.output()}`);
}

/** An agent's key, as `/admin/agents` issues it. */
export async function newAgentKey(databaseUrl: string, caCert?: string): Promise<string> {
  const db = openDb(databaseUrl, { max: 1, caCert });
  try {
    const agent = await registerAgent(db, ACT, newAgent.parse({ name: 'rehearsal' }));
    if (!agent.ok) throw new Error(agent.detail);
    const key = await issueKey(db, ACT, agent.value.id, null);
    if (!key.ok) throw new Error(key.detail);
    return key.value.secret;
  } finally {
    await db.$disconnect();
  }
}
