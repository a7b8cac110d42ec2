import { expect, test } from 'vitest';
import { ingest } from '#lib/agents/ingest/ingest.ts';
import { checkBackpressure, readBacklog } from '#lib/agents/ingest/backpressure.ts';
import { countDeadLetters } from '#lib/agents/processing/redrive.ts';
import { CALLER, send, STRUCTURED, testAgent, testEvent } from '../support/agents.ts';
import { freshDatabase } from '../support/database.ts';
import { startWorker, until } from '../support/worker.ts';
import { expectCountInToBeCountOut, manyEvents, sendUntilAccepted, untilProcessed } from './support.ts';

test('a full queue refuses with a time to come back, keeps what it has, and opens again when a worker comes', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const first = manyEvents(1000);
  await sendUntilAccepted(db, agent, first);
  // 200 batches more that claim a thousand events each fill the queue without a gigabyte of events.
  await db.$executeRaw`
    INSERT INTO "AgentBatch" (id, "agentId", "keyId", "receivedAt", received, accepted, payload)
    SELECT gen_random_uuid(), ${agent.id}::uuid, ${agent.keyId}::uuid, now(), 1000, 1000, '[]' FROM generate_series(1, 200)`;
  await until(async () => !(await checkBackpressure(db)).ok);
  const refused = await send(db, agent.secret, manyEvents(1));
  expect(refused).toMatchObject({ ok: false, code: 'unavailable', extra: { retryAfter: 5 } });

  await db.$executeRaw`DELETE FROM "AgentBatch" WHERE payload = '[]'`;
  await using worker = await startWorker(database.appUrl);
  const second = manyEvents(10);
  await sendUntilAccepted(db, agent, second);
  await untilProcessed(db, () => worker.output());
  await expectCountInToBeCountOut(db, [...first, ...second]);
});

test('a full queue refuses before it reads the body', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  await db.$executeRaw`
    INSERT INTO "AgentBatch" (id, "agentId", "keyId", "receivedAt", received, accepted, payload)
    SELECT gen_random_uuid(), ${agent.id}::uuid, ${agent.keyId}::uuid, now(), 1000, 1000, '[]' FROM generate_series(1, 200)`;
  const { body, pulled } = endless();
  const headers = new Headers({
    authorization: `Bearer ${agent.secret}`,
    'content-type': STRUCTURED,
  });
  expect(await ingest(db, { headers, body, origin: CALLER })).toMatchObject({ ok: false, code: 'unavailable' });
  expect(pulled()).toBe(0);
});

test('an agent that opens many requests and sends nothing is refused more, and others are not kept out', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const [idle, busy] = [await testAgent(db), await testAgent(db)];
  const openings = Array.from({ length: 26 }, () => hanging());
  const answers = openings.map(({ body }) => {
    const headers = new Headers({ authorization: `Bearer ${idle.secret}`, 'content-type': STRUCTURED });
    return ingest(db, { headers, body, origin: CALLER });
  });
  const refused = { ok: false, code: 'unavailable', extra: { retryAfter: 1 } };
  expect(await Promise.race(answers)).toMatchObject(refused);
  expect((await send(db, busy.secret, manyEvents(1))).ok).toBe(true);
  for (const { end } of openings) end();
  const results = await Promise.all(answers);
  expect(results.filter((result) => !result.ok && result.code === 'unavailable')).toHaveLength(8);
  expect((await send(db, idle.secret, manyEvents(1))).ok, 'its turns are free again').toBe(true);
});

test('an endless body is cut off at 1 MiB', async () => {
  await using database = await freshDatabase();
  const agent = await testAgent(database.db);
  const { body, pulled } = endless();
  const headers = new Headers({
    authorization: `Bearer ${agent.secret}`,
    'content-type': STRUCTURED,
  });
  expect(await ingest(database.db, { headers, body, origin: CALLER })).toMatchObject({ ok: false, code: 'too_large' });
  expect(pulled()).toBeLessThan(20);
});

test('a poison event stops neither its batch nor its neighbours', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const good = manyEvents(300);
  const poison = testEvent();
  await sendUntilAccepted(db, agent, [...good.slice(0, 100), poison, ...good.slice(100, 200)]);
  await db.$executeRaw`UPDATE "AgentBatch" SET payload = replace(payload, ${`"at":"${String(poison.time)}"`}, '"at":"never"')`;
  await sendUntilAccepted(db, agent, good.slice(200));
  await using worker = await startWorker(database.appUrl);
  await until(
    async () => (await countDeadLetters(db)) === 1,
    () => worker.output(),
  );
  await untilProcessed(db, () => worker.output());
  const stored = await db.auditEvent.count({ where: { source: 'agent' } });
  const failed = await db.agentBatch.aggregate({ _sum: { failed: true } });
  // Events of the same millisecond are poisoned with it; in and out still agree.
  expect(stored + (failed._sum.failed ?? 0)).toBe(301);
  expect(await db.auditEvent.count({ where: { idempotencyKey: poison.id } })).toBe(0);
  expect((await readBacklog(db)).batches).toBe(0);
});

/** A body of which nothing comes until it ends. */
function hanging() {
  const { promise, resolve } = Promise.withResolvers<void>();
  const body = new ReadableStream<Uint8Array>({ pull: (controller) => promise.then(() => controller.close()) });
  return { body, end: resolve };
}

/** A body without an end that counts how often it was asked for more. */
function endless() {
  let pulled = 0;
  const pull = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    pulled += 1;
    controller.enqueue(new Uint8Array(65_536));
  };
  return { body: new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 }), pulled: () => pulled };
}
