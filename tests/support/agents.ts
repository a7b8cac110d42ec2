import { randomUUID } from 'node:crypto';
import { newAgent, registerAgent } from '#lib/agents/registry.ts';
import { issueKey } from '#lib/agents/key-admin.ts';
import { ingest, type Accepted } from '#lib/agents/ingest/ingest.ts';
import { processBatches } from '#lib/agents/processing/process.ts';
import type { AuditContext, Origin } from '#lib/audit/events/catalogue.ts';
import type { Db } from '#lib/db.ts';
import type { Result } from '#lib/errors.ts';

/** What an operator does from the command line. */
export const ADMIN_CONTEXT: AuditContext = {
  actor: { type: 'system', id: 'operator', label: 'operator' },
  origin: { source: 'cli' },
};

/** Where an agent's requests come from. */
export const CALLER: Origin = { source: 'api', ip: '192.0.2.7', userAgent: 'press/1.0' };

export interface TestAgent {
  id: string;
  name: string;
  keyId: string;
  secret: string;
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.code}: ${result.detail}`);
  return result.value;
}

/** Registers an agent with one key. */
export async function testAgent(db: Db, eventsPerSecond = 100_000): Promise<TestAgent> {
  const name = `agent-${randomUUID().slice(0, 8)}`;
  const { id } = unwrap(await registerAgent(db, ADMIN_CONTEXT, newAgent.parse({ name, eventsPerSecond })));
  return { id, name, ...unwrap(await issueKey(db, ADMIN_CONTEXT, id, null)) };
}

export interface TestEvent {
  [attribute: string]: unknown;
  id: string;
  source: string;
  data: Record<string, unknown>;
}

/** A good event; what is given takes the place of what it has. */
export function testEvent(given: Record<string, unknown> = {}): TestEvent {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: '/deployments',
    type: 'org.example.deploy',
    time: new Date(Date.now() - 1000).toISOString(),
    data: {
      action: 'deploy.finished',
      outcome: 'success',
      actor: { id: 'robot-7', label: 'Robot 7' },
      target: { type: 'service', id: 'billing', label: 'Billing' },
      correlationId: 'run-1',
      metadata: { version: '1.2.3', regions: ['eu', 'us'] },
    },
    ...given,
  };
}

export const BATCH = 'application/cloudevents-batch+json';
export const STRUCTURED = 'application/cloudevents+json';

/** Sends a body as the route would, without HTTP. */
export function send(
  db: Db,
  secret: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': BATCH },
): Promise<Result<Accepted>> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return ingest(db, {
    headers: new Headers({ authorization: `Bearer ${secret}`, ...headers }),
    body: new Blob([text as BlobPart]).stream(),
    origin: CALLER,
  });
}

/** Does what a worker would, for everything that waits. */
export async function processAll(db: Db): Promise<void> {
  const queued = await db.agentBatch.findMany({ where: { state: 'queued' }, select: { id: true } });
  await processBatches(
    db,
    queued.map(({ id }) => id),
  );
}
