import { expect, test } from 'vitest';
import { getBatchReport } from '#lib/agents/batches.ts';
import { readBacklog } from '#lib/agents/ingest/backpressure.ts';
import { openDb } from '#lib/db.ts';
import { CALLER, send, testAgent } from '../support/agents.ts';
import { freshDatabase } from '../support/database.ts';
import { ownCluster } from '../support/own-cluster.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { startWorker, until } from '../support/worker.ts';
import { expectCountInToBeCountOut, full, manyEvents, sendUntilAccepted, untilProcessed } from './support.ts';

const RESTARTS = full ? 4 : 1;

test('PostgreSQL stopped and started under load loses nothing and doubles nothing', async () => {
  await using cluster = await ownCluster();
  const db = openDb(cluster.appUrl, { max: 5 });
  const agent = await testAgent(db);
  await using worker = await startWorker(cluster.appUrl);
  const batches = Array.from({ length: full ? 200 : 60 }, () => manyEvents(100));
  const waiting = [...batches];
  const lane = async () => {
    for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop())
      await sendUntilAccepted(db, agent, batch);
  };
  const load = Promise.all([lane(), lane(), lane()]);
  const perRestart = batches.length / (RESTARTS + 1);
  for (let restart = 1; restart <= RESTARTS; restart++) {
    // Under load: some batches are accepted by then, and more are to come.
    await until(() => Promise.resolve(waiting.length < batches.length - restart * perRestart + perRestart / 2));
    await cluster.stop();
    await cluster.start();
  }
  await load;
  await untilProcessed(db, () => worker.output());
  await expectCountInToBeCountOut(db, batches.flat());
  expect((await readBacklog(db)).lagMs).toBe(0);
  await db.$disconnect();
  expect(await worker.end('SIGTERM')).toBe(0);
}, 300_000);

test('on a slow database events arrive late and complete, and the lag recovers with it', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const url = new URL(database.appUrl);
  await using proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  await using worker = await startWorker(url.href);
  proxy.delayMs = 150;
  const batches = Array.from({ length: full ? 60 : 12 }, () => manyEvents(50));
  for (const batch of batches) await sendUntilAccepted(db, agent, batch);
  expect((await readBacklog(db)).batches).toBeGreaterThan(0);
  proxy.delayMs = 0;
  await untilProcessed(db, () => worker.output());
  await expectCountInToBeCountOut(db, batches.flat());
  expect((await readBacklog(db)).lagMs).toBe(0);
});

test('an unreachable database gives 503 with Retry-After', async () => {
  await using database = await freshDatabase();
  const agent = await testAgent(database.db);
  const away = openDb('postgres://nobody@127.0.0.1:9/none');
  const later = { ok: false, code: 'unavailable', extra: { retryAfter: 5 } };
  expect(await send(away, agent.secret, manyEvents(1))).toMatchObject(later);
  const asked = { authorization: `Bearer ${agent.secret}`, origin: CALLER };
  expect(await getBatchReport(away, asked, agent.id)).toMatchObject(later);
  await away.$disconnect();
});
