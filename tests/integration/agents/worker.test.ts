import { expect, test } from 'vitest';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { WORKER_CHECK_PATH } from '#lib/release/contract.ts';
import { readBatch } from '#lib/agents/batches.ts';
import { ADMIN_CONTEXT, unwrap, send, testAgent, testEvent } from '../../support/agents.ts';
import { freshDatabase } from '../../support/database.ts';
import { execute } from '../../support/postgres/postgres.ts';
import { startWorker, until } from '../../support/worker.ts';

test('the worker takes what was accepted, drains on SIGTERM, and answers probes', async () => {
  await using database = await freshDatabase();
  const agent = await testAgent(database.db);
  await using worker = await startWorker(database.appUrl);
  const { batchId } = unwrap(await send(database.db, agent.secret, [testEvent(), testEvent()]));
  await until(async () => unwrap(await readBatch(database.db, agent.id, batchId)).state === 'done');
  expect(await worker.probe('/ready')).toBe(200);
  expect(await worker.probe('/alive')).toBe(200);
  expect(await worker.probe('/stuck')).toBe(200);
  expect(await worker.probe(WORKER_CHECK_PATH)).toBe(200);
  expect(await worker.end('SIGTERM')).toBe(0);
});

test('a stopping worker finishes its jobs and leaves the rest in the queue', async () => {
  await using database = await freshDatabase();
  const { db } = database;
  const agent = await testAgent(db);
  const batches = Array.from({ length: 60 }, () => Array.from({ length: 200 }, () => testEvent()));
  for (const batch of batches) unwrap(await send(db, agent.secret, batch));
  await using worker = await startWorker(database.appUrl, { ready: false });
  const jobs = (state: string) =>
    db.$queryRaw<
      unknown[]
    >`SELECT 1 FROM pgboss.job WHERE name = 'agent-ingest' AND state = ${state}::pgboss.job_state`;
  await until(async () => (await jobs('active')).length > 0);
  expect(await worker.end('SIGTERM')).toBe(0);
  expect(await jobs('active'), 'nothing is left to be found by its missing heartbeat').toEqual([]);
  const done = await db.agentBatch.count({ where: { state: 'done' } });
  expect(done).toBeGreaterThan(0);
  expect(await jobs('completed')).toHaveLength(done);
  expect(await db.auditEvent.count({ where: { source: 'agent' } })).toBe(done * 200);
});

test('the worker waits until the newest migration of its release is applied', async () => {
  await using database = await freshDatabase();
  const newest = `name = (SELECT max(name) FROM "_postgres_migrations")`;
  await execute(database.ownerUrl, 'CREATE TABLE held AS SELECT * FROM "_postgres_migrations"');
  await execute(database.ownerUrl, `DELETE FROM "_postgres_migrations" WHERE ${newest}`);
  await using worker = await startWorker(database.appUrl, { ready: false });
  await until(() => Promise.resolve(worker.output().includes('is not applied')));
  expect(await worker.probe('/ready')).toBe(503);
  expect(await worker.probe('/stuck'), 'a restart would not help').toBe(200);
  expect(await worker.probe(WORKER_CHECK_PATH), 'no rollout is complete with it').toBe(503);
  await execute(database.ownerUrl, 'INSERT INTO "_postgres_migrations" SELECT * FROM held ON CONFLICT DO NOTHING');
  await until(async () => (await worker.probe('/ready')) === 200);
});

test('a dead letter waits for a redrive, and the redrive is audited', async () => {
  await using database = await freshDatabase();
  const agent = await testAgent(database.db);
  const { batchId } = unwrap(await send(database.db, agent.secret, [testEvent(), testEvent()]));
  const { payload } = await database.db.agentBatch.findUniqueOrThrow({ where: { id: batchId } });
  const [first, second] = JSON.parse(payload ?? '') as object[];
  const poisoned = JSON.stringify([first, { ...second, at: 'never' }]);
  await database.db.agentBatch.update({ where: { id: batchId }, data: { payload: poisoned } });
  await using worker = await startWorker(database.appUrl);
  const dead = () =>
    database.db.$queryRawUnsafe<unknown[]>(`SELECT 1 FROM pgboss.job WHERE name = 'agent-ingest-dead'`);
  await until(async () => (await dead()).length === 1);
  expect(unwrap(await readBatch(database.db, agent.id, batchId))).toMatchObject({
    state: 'dead',
    stored: 1,
    failed: 1,
  });

  await database.db.agentBatch.update({ where: { id: batchId }, data: { payload: JSON.stringify([second]) } });
  expect(await redriveDeadLetters(database.db, ADMIN_CONTEXT)).toEqual({ ok: true, value: 1 });
  await until(async () => unwrap(await readBatch(database.db, agent.id, batchId)).state === 'done');
  expect(unwrap(await readBatch(database.db, agent.id, batchId))).toMatchObject({ stored: 2, failed: 0 });
  expect(await database.db.auditEvent.count({ where: { action: 'agent_admin.redriven' } })).toBe(1);
  expect(await worker.end('SIGTERM')).toBe(0);
});
