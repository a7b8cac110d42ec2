import { expect } from 'vitest';
import { countDeadLetters } from '#lib/agents/processing/redrive.ts';
import type { Db } from '#lib/db.ts';
import { send, testEvent, type TestAgent, type TestEvent } from '../support/agents.ts';
import { until } from '../support/worker.ts';

/** `npm run test:faults` does everything at full size; `npm test` the same with less. */
export const full = process.env.FAULTS === 'full';

export const manyEvents = (count: number): TestEvent[] => Array.from({ length: count }, () => testEvent());

/** Sends until the answer is 202, as a careful client does: whatever was lost on the way is sent again. */
export async function sendUntilAccepted(db: Db, agent: TestAgent, batch: TestEvent[]): Promise<void> {
  await until(async () => {
    try {
      return (await send(db, agent.secret, batch)).ok;
    } catch {
      return false;
    }
  });
}

/** Waits until no batch is queued. Errors are waited out: the database may just be starting. */
export const untilProcessed = (db: Db, story?: () => string): Promise<void> =>
  until(
    () =>
      db.agentBatch.count({ where: { state: 'queued' } }).then(
        (waiting) => waiting === 0,
        () => false,
      ),
    story,
    110_000,
  );

/** Every event that was sent is in the log exactly once, and nothing else is. */
export async function expectCountInToBeCountOut(db: Db, sent: TestEvent[]): Promise<void> {
  const rows = await db.$queryRaw<{ id: string; times: number }[]>`
    SELECT "idempotencyKey" AS id, count(*)::int AS times FROM "AuditEvent" WHERE source = 'agent' GROUP BY 1`;
  expect(rows.filter(({ times }) => times !== 1)).toEqual([]);
  expect(rows.map(({ id }) => id).sort()).toEqual([...new Set(sent.map(({ id }) => id))].sort());
  expect(await countDeadLetters(db)).toBe(0);
}
