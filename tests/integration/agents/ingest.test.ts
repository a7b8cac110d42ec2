import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBatch } from '#lib/agents/batches.ts';
import { redriveDeadLetters } from '#lib/agents/processing/redrive.ts';
import { processBatches } from '#lib/agents/processing/process.ts';
import {
  ADMIN_CONTEXT,
  unwrap,
  processAll,
  send,
  STRUCTURED,
  testAgent,
  testEvent,
  type TestAgent,
} from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';

let database: TestDatabase;
let agent: TestAgent;

beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
});
afterAll(() => database[Symbol.asyncDispose]());

const countOf = (eventId: string) => database.db.auditEvent.count({ where: { idempotencyKey: eventId } });
const report = async (batchId: string) => unwrap(await readBatch(database.db, agent.id, batchId));

test('an accepted event stands in the audit log with all it said, in the agents’ namespace', async () => {
  const event = testEvent();
  const { batchId } = unwrap(await send(database.db, agent.secret, event, { 'content-type': STRUCTURED }));
  expect((await report(batchId)).state).toBe('queued');
  await processAll(database.db);
  const stored = await database.db.auditEvent.findFirstOrThrow({ where: { idempotencyKey: event.id } });
  expect(stored).toMatchObject({
    action: 'agent.deploy.finished',
    outcome: 'success',
    actorType: 'agent',
    actorId: `${agent.name}:robot-7`,
    actorLabel: 'Robot 7',
    targetType: 'service',
    targetId: 'billing',
    correlationId: 'run-1',
    source: 'agent',
    ip: '192.0.2.7',
    requestId: batchId,
    metadata: { event: { source: '/deployments', type: 'org.example.deploy' }, data: { version: '1.2.3' } },
  });
  expect(stored.createdAt.toISOString()).toBe(event.time);
  expect(await report(batchId)).toMatchObject({
    state: 'done',
    stored: 1,
    results: [{ id: event.id, source: '/deployments', state: 'stored', auditEventId: stored.id }],
  });
});

test('a repeated event changes nothing, in one batch, in the next, and whatever the order of its members', async () => {
  const event = testEvent();
  const { data, ...rest } = event;
  const reordered = { data: Object.fromEntries(Object.entries(data).reverse()), ...rest };
  const first = unwrap(await send(database.db, agent.secret, [event, event]));
  await processAll(database.db);
  const second = unwrap(await send(database.db, agent.secret, [reordered]));
  const alone = unwrap(await send(database.db, agent.secret, event, { 'content-type': STRUCTURED }));
  await processAll(database.db);
  expect(await countOf(event.id)).toBe(1);
  expect(await report(first.batchId)).toMatchObject({ stored: 1, duplicates: 1, conflicts: 0 });
  expect(await report(second.batchId)).toMatchObject({ stored: 0, duplicates: 1 });
  expect((await report(alone.batchId)).results).toMatchObject([{ id: event.id, state: 'duplicate' }]);
});

test('the same id with other content is a conflict and says so: at once when alone, in the results when in a batch', async () => {
  const event = testEvent();
  const other = { ...event, data: { ...event.data, outcome: 'failure' } };
  unwrap(await send(database.db, agent.secret, [event]));
  await processAll(database.db);
  const alone = await send(database.db, agent.secret, other, { 'content-type': STRUCTURED });
  expect(alone).toMatchObject({ ok: false, code: 'conflict', extra: { errors: [{ pointer: '/id' }] } });
  const { batchId } = unwrap(await send(database.db, agent.secret, [other, testEvent()]));
  await processAll(database.db);
  const { results, ...counts } = await report(batchId);
  expect(counts).toMatchObject({ stored: 1, conflicts: 1 });
  expect(results.find(({ id }) => id === event.id)?.state).toBe('conflict');
  expect(await countOf(event.id)).toBe(1);
});

test('an event without a time may be repeated later and is still the same', async () => {
  const event = testEvent({ time: undefined });
  unwrap(await send(database.db, agent.secret, [event]));
  await processAll(database.db);
  const again = unwrap(await send(database.db, agent.secret, [event]));
  await processAll(database.db);
  expect(await report(again.batchId)).toMatchObject({ duplicates: 1, conflicts: 0 });
});

test('one agent cannot take another agent’s event ids, nor read its batches', async () => {
  const rival = await testAgent(database.db);
  const event = testEvent();
  const stolen = unwrap(await send(database.db, rival.secret, [event]));
  await processAll(database.db);
  const { batchId } = unwrap(await send(database.db, agent.secret, [event]));
  await processAll(database.db);
  expect(await report(batchId)).toMatchObject({ stored: 1 });
  expect(await readBatch(database.db, agent.id, stolen.batchId)).toMatchObject({ ok: false, code: 'not_found' });
});

test('one bad event rejects only itself in a batch, with a pointer', async () => {
  const good = testEvent();
  const bad = testEvent({ data: { ...testEvent().data, outcome: 'perhaps' } });
  const accepted = unwrap(await send(database.db, agent.secret, [good, bad, 7]));
  expect(accepted).toMatchObject({ received: 3, accepted: 1 });
  expect(accepted.errors).toMatchObject([
    { index: 1, pointer: '/1/data/outcome' },
    { index: 2, pointer: '/2' },
  ]);
  await processAll(database.db);
  expect([await countOf(good.id), await countOf(bad.id)]).toEqual([1, 0]);
});

test('times in the future or older than the retention are refused', async () => {
  const at = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  const refused = await send(database.db, agent.secret, [testEvent({ time: at(1) }), testEvent({ time: at(-366) })]);
  expect(refused).toMatchObject({
    ok: false,
    code: 'invalid_input',
    extra: { errors: [{ pointer: '/0/time' }, { pointer: '/1/time' }] },
  });
});

test('an event that the database refuses is set aside alone; its batch becomes a dead letter that a redrive completes', async () => {
  const events = Array.from({ length: 7 }, () => testEvent());
  const { batchId } = unwrap(await send(database.db, agent.secret, events));
  const { payload } = await database.db.agentBatch.findUniqueOrThrow({ where: { id: batchId } });
  const rows = JSON.parse(payload ?? '') as { at: string }[];
  const poisoned = rows.map((row, n) => (n === 3 ? { ...row, at: 'never' } : row));
  await database.db.agentBatch.update({ where: { id: batchId }, data: { payload: JSON.stringify(poisoned) } });
  await processAll(database.db);
  expect(await report(batchId)).toMatchObject({ state: 'dead', stored: 6, failed: 1 });
  await database.db.agentBatch.update({
    where: { id: batchId },
    data: { payload: JSON.stringify([rows[3]]), state: 'queued' },
  });
  expect(await processBatches(database.db, [batchId])).toMatchObject([{ stored: 1, failed: 0 }]);
  const mended = await report(batchId);
  expect(mended).toMatchObject({ state: 'done', stored: 7, failed: 0 });
  expect(mended.results).toHaveLength(7);
  expect(await redriveDeadLetters(database.db, ADMIN_CONTEXT)).toEqual({ ok: true, value: 0 });
});
