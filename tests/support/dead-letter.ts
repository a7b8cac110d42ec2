import { fromPrisma } from 'pg-boss';
import { acceptBatch } from '#lib/agents/ingest/accept.ts';
import { markDeadBatches } from '#lib/agents/processing/redrive.ts';
import { validateEvents } from '#lib/agents/ingest/validate.ts';
import type { Db } from '#lib/db.ts';
import { queueProducer } from '#lib/queue/boss.ts';
import { INGEST_DEAD_LETTERS } from '#lib/queue/jobs.ts';
import { CALLER, testEvent, type TestAgent } from './agents.ts';

/** A batch of one event whose job ran out of tries, as when the database was away for long. @returns its id. */
export async function deadLetter(db: Db, agent: TestAgent, event = testEvent()): Promise<string> {
  const receivedAt = new Date();
  const bounds = { agentName: agent.name, now: receivedAt, oldest: new Date(0) };
  const { rows } = validateEvents({ events: [event], problems: [] }, bounds);
  const boss = await queueProducer(db);
  const caller = { keyId: agent.keyId, agentId: agent.id, agentName: agent.name, eventsPerSecond: 1 };
  const batchId = await acceptBatch(db, boss, { caller, rows, received: 1, receivedAt, origin: CALLER });
  await db.$executeRaw`DELETE FROM pgboss.job WHERE data->>'batchId' = ${batchId}`;
  await boss.send(INGEST_DEAD_LETTERS, { batchId, events: 1 }, { db: fromPrisma(db) });
  await markDeadBatches(db);
  return batchId;
}
