import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { fromPrisma } from 'pg-boss';
import { acceptBatch } from '../../../lib/agents/accept.ts';
import { markDeadBatches } from '../../../lib/agents/redrive.ts';
import { validateEvents } from '../../../lib/agents/validate.ts';
import type { Db } from '../../../lib/db.ts';
import { producer } from '../../../lib/queue/boss.ts';
import { INGEST_DEAD_LETTERS } from '../../../lib/queue/jobs.ts';
import { BATCH, testEvent, type TestAgent } from '../../support/agents.ts';
import type { Site } from './test.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** An event from before the demo history: the lists that other tests read at the same time do not shift. */
export const oldEvent = (given: Record<string, unknown> = {}) =>
  testEvent({ time: new Date(Date.now() - 90 * DAY_MS).toISOString(), ...given });

/** The same as the CloudEvents SDK makes it. */
export const sdkEvent = () => new CloudEvent(oldEvent());

export const structured = (event: unknown): Message => ({
  headers: { 'content-type': HTTP.structured(sdkEvent()).headers['content-type'] },
  body: JSON.stringify(event),
});

/** The SDK takes batches apart but does not put them together. */
export const batchOf = (events: unknown): Message => ({
  headers: { 'content-type': BATCH },
  body: JSON.stringify(events),
});

/** Sends a message as an agent does. A problem document is told apart by its content type. */
export async function post(site: Site, agent: Pick<TestAgent, 'secret'> | null, { headers, body }: Message) {
  const response = await fetch(`${site.origin}/api/agent/events`, {
    method: 'POST',
    headers: { ...(agent ? { authorization: `Bearer ${agent.secret}` } : {}), ...(headers as Record<string, string>) },
    body: body as string,
  });
  return answerOf(response);
}

export async function get(site: Site, agent: Pick<TestAgent, 'secret'> | null, path: string) {
  const headers: Record<string, string> = agent ? { authorization: `Bearer ${agent.secret}` } : {};
  return answerOf(await fetch(site.origin + path, { headers }));
}

async function answerOf(response: Response) {
  const header = (name: string) => response.headers.get(name);
  return { status: response.status, type: header('content-type'), header, json: (await response.json()) as unknown };
}

/** A batch whose job ran out of tries, as when the database was away for long. */
export async function deadLetter(db: Db, agent: TestAgent): Promise<string> {
  const receivedAt = new Date();
  const bounds = { agentName: agent.name, now: receivedAt, oldest: new Date(0) };
  const { rows } = validateEvents([oldEvent()], bounds);
  const boss = await producer(db);
  const caller = { keyId: agent.keyId, agentId: agent.id, agentName: agent.name, eventsPerSecond: 1 };
  const id = await acceptBatch(db, boss, { caller, rows, received: 1, receivedAt });
  await db.$executeRaw`DELETE FROM pgboss.job WHERE data->>'batchId' = ${id}`;
  await boss.send(INGEST_DEAD_LETTERS, { batchId: id, events: 1 }, { db: fromPrisma(db) });
  await markDeadBatches(db);
  return id;
}
