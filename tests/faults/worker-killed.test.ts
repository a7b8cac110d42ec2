import { expect, test } from 'vitest';
import { readBacklog } from '#lib/agents/ingest/backpressure.ts';
import { testAgent } from '../support/agents.ts';
import { freshDatabase } from '../support/database.ts';
import { startWorker, until } from '../support/worker.ts';
import { expectCountInToBeCountOut, full, manyEvents, sendUntilAccepted, untilProcessed } from './support.ts';

const KILLS = full ? 20 : 3;

test(`a worker killed ${KILLS} times in the middle of batches loses nothing and doubles nothing`, async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const sent = [];
  for (let kill = 0; kill < KILLS; kill++) {
    const batches = Array.from({ length: 12 }, () => manyEvents(200));
    sent.push(...batches.flat());
    for (const batch of batches) await sendUntilAccepted(db, agent, batch);
    const before = await db.agentBatch.count({ where: { state: 'done' } });
    const worker = await startWorker(database.appUrl);
    // In the middle: jobs of this worker are active, or some of its batches are done and others are not.
    const active = () => db.$queryRaw<unknown[]>`SELECT 1 FROM pgboss.job WHERE state = 'active' LIMIT 1`;
    await until(
      async () => (await active()).length > 0 || (await db.agentBatch.count({ where: { state: 'done' } })) > before,
    );
    await worker.end('SIGKILL');
  }
  await using worker = await startWorker(database.appUrl);
  await untilProcessed(db, () => worker.output());
  await expectCountInToBeCountOut(db, sent);
  expect((await readBacklog(db)).lagMs).toBe(0);
}, 600_000);

test('two workers at once share the work and store every event once, repeats included', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  await using one = await startWorker(database.appUrl);
  await using two = await startWorker(database.appUrl);
  const batches = Array.from({ length: full ? 60 : 16 }, () => manyEvents(100));
  // Each event twice, in different batches that are processed at the same time.
  const shuffled = [...batches, ...batches.map((batch) => batch.toReversed())];
  await Promise.all(shuffled.map((batch) => sendUntilAccepted(db, agent, batch)));
  await untilProcessed(db, () => one.output() + two.output());
  await expectCountInToBeCountOut(db, batches.flat());
  const totals = await db.agentBatch.aggregate({ _sum: { stored: true, duplicates: true, conflicts: true } });
  expect(totals._sum).toEqual({ stored: batches.length * 100, duplicates: batches.length * 100, conflicts: 0 });
});
