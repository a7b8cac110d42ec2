import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { handleIngestJobs } from '#lib/agents/processing/job.ts';
import { log } from '#lib/log.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { measureSignals } from '../../../worker/signals.ts';
import { unwrap, send, testAgent, testEvent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => void (database = await freshDatabase()));
afterEach(async () => {
  vi.restoreAllMocks();
  await database[Symbol.asyncDispose]();
});

test('a batch that cannot be processed is logged once with its cause and none of its events, and counts as lag while it is retried', async () => {
  const { secret } = await testAgent(database.db);
  const { batchId } = unwrap(await send(database.db, secret, [testEvent({ source: '/very/private' })]));
  await execute(
    database.superuserUrl,
    'REVOKE INSERT ON "AuditEvent" FROM golive_app',
    `UPDATE "AgentBatch" SET "receivedAt" = now() - interval '5 minutes'`,
    `UPDATE pgboss.job SET state = 'retry', start_after = now() + interval '1 hour'`,
  );
  const logged = vi.spyOn(log, 'error').mockImplementation(() => undefined);
  const job = { id: batchId, name: 'x', data: { batchId, events: 1 }, expireInSeconds: 60 } as never;
  await expect(handleIngestJobs(database.db, [job])).rejects.toThrow();
  expect(logged.mock.calls).toEqual([
    [{ batchIds: [batchId], cause: '42501' }, expect.stringContaining('batches failed') as string],
  ]);
  expect((await measureSignals(database.db)).queueLagSeconds).toBeGreaterThanOrEqual(300);
});
