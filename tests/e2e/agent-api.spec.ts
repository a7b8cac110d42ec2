import { HTTP, type Message } from 'cloudevents';
import { readBatch } from '#lib/agents/batches.ts';
import { dataSchema } from '#lib/agents/contract/event.ts';
import { openapi } from '#lib/agents/contract/openapi.ts';
import { revokeKey } from '#lib/agents/key-admin.ts';
import { processBatches } from '#lib/agents/processing/process.ts';
import { ADMIN_CONTEXT, unwrap, testAgent } from '../support/agents.ts';
import { batchOf, get, oldEvent, post, sdkEvent, structured } from './support/agent.ts';
import { expect, test } from './support/test.ts';

const PROBLEM = 'application/problem+json';
const MEBIBYTE = 1_048_576;

const batchIdOf = ({ json }: { json: unknown }) => (json as { batchId: string }).batchId;
const pointers = ({ json }: { json: unknown }) =>
  (json as { errors: { pointer: string }[] }).errors.map(({ pointer }) => pointer);

test('the CloudEvents SDK delivers in structured, binary and batch mode, and the batch report lists each event', async ({
  site,
  db,
}) => {
  const agent = await testAgent(db);
  const [one, two, three, four] = [sdkEvent(), sdkEvent(), sdkEvent(), sdkEvent()];
  const sent = [
    { message: HTTP.structured(one), ids: [one.id] },
    { message: HTTP.binary(two), ids: [two.id] },
    { message: batchOf([three, four]), ids: [three.id, four.id] },
  ];
  for (const { message, ids } of sent) {
    const answer = await post(site, agent, message);
    expect(answer).toMatchObject({ status: 202, json: { received: ids.length, accepted: ids.length, errors: [] } });
    const path = `/api/agent/batches/${batchIdOf(answer)}`;
    expect(answer.header('location')).toBe(path);
    expect(await get(site, agent, path)).toMatchObject({ status: 200, json: { state: 'queued', results: [] } });
    await processBatches(db, [batchIdOf(answer)]);
    const report = await get(site, agent, path);
    expect(report.header('cache-control')).toBe('no-store');
    expect(report.json).toMatchObject({ state: 'done', stored: ids.length, duplicates: 0, conflicts: 0, failed: 0 });
    const { results } = report.json as { results: { id: string; state: string; auditEventId: string }[] };
    expect(results.map(({ id }) => id).sort()).toEqual(ids.toSorted());
    for (const { id, auditEventId, state } of results) {
      expect(state).toBe('stored');
      const stored = await db.auditEvent.findFirstOrThrow({ where: { id: auditEventId } });
      expect(stored).toMatchObject({ idempotencyKey: id, action: 'agent.deploy.finished', source: 'agent' });
    }
  }
});

test('a batch report lists duplicates and conflicts; other agents and anonymous requests get 404', async ({
  site,
  db,
}) => {
  const [agent, rival] = [await testAgent(db), await testAgent(db)];
  const event = oldEvent();
  await processBatches(db, [batchIdOf(await post(site, agent, structured(event)))]);
  const other = { ...event, type: 'org.example.other' };
  const batchId = batchIdOf(await post(site, agent, batchOf([event, other, oldEvent()])));
  await processBatches(db, [batchId]);
  const report = await get(site, agent, `/api/agent/batches/${batchId}`);
  expect(report.json).toMatchObject({ state: 'done', stored: 1, duplicates: 1, conflicts: 1 });
  const alone = await post(site, agent, structured(other));
  expect(alone).toMatchObject({ status: 409, type: PROBLEM });
  expect(pointers(alone)).toEqual(['/id']);

  for (const path of [`/api/agent/batches/${batchId}`, '/api/agent/batches/none'])
    expect(await get(site, rival, path)).toMatchObject({ status: 404, type: PROBLEM });
  expect(await get(site, null, `/api/agent/batches/${batchId}`)).toMatchObject({ status: 401, type: PROBLEM });
});

test('invalid events are reported with a pointer; the other events of the batch are stored', async ({ site, db }) => {
  const agent = await testAgent(db);
  const bad = oldEvent({ data: { ...oldEvent().data, outcome: 'perhaps' } });
  const alone = await post(site, agent, structured(bad));
  expect(alone).toMatchObject({ status: 422, type: PROBLEM, json: { type: 'urn:golive:problem:invalid_input' } });
  expect(pointers(alone)).toEqual(['/data/outcome']);
  const mixed = await post(site, agent, batchOf([oldEvent(), bad, 7]));
  expect(mixed).toMatchObject({ status: 202, json: { received: 3, accepted: 1 } });
  expect(pointers(mixed)).toEqual(['/1/data/outcome', '/2']);
  expect(unwrap(await readBatch(db, agent.id, batchIdOf(mixed))).accepted).toBe(1);
});

test('1,000 events and 1 MiB are taken, one more of either is refused', async ({ site, db }) => {
  const agent = await testAgent(db);
  const events = Array.from({ length: 1001 }, () => oldEvent());
  expect((await post(site, agent, batchOf(events.slice(1)))).json).toMatchObject({ accepted: 1000 });
  const many = await post(site, agent, batchOf(events));
  expect(many).toMatchObject({ status: 413, type: PROBLEM, json: { detail: expect.stringMatching(/1000 events/) } });

  const message = structured(oldEvent());
  const padded = (bytes: number) => ({ ...message, body: String(message.body).padEnd(bytes) });
  expect((await post(site, agent, padded(MEBIBYTE))).status).toBe(202);
  const large = await post(site, agent, padded(MEBIBYTE + 1));
  expect(large).toMatchObject({ status: 413, type: PROBLEM, json: { detail: expect.stringMatching(/1048576 bytes/) } });
});

test('a body that is no CloudEvent is refused for what it is', async ({ site, db }) => {
  const agent = await testAgent(db);
  const { body } = structured(oldEvent());
  const binary = HTTP.binary(sdkEvent());
  const packed = (encoding: string, given: Message['body']) => ({
    headers: { ...structured(0).headers, 'content-encoding': encoding },
    body: given,
  });
  const refused = {
    'text/plain': [415, { headers: { 'content-type': 'text/plain' }, body }],
    'JSON without ce- headers': [415, { headers: { 'content-type': 'application/json' }, body }],
    'binary mode, not JSON': [415, { ...binary, headers: { ...binary.headers, 'content-type': 'text/xml' } }],
    'broken JSON': [400, { ...structured(0), body: '{"specversion":' }],
    'an encoding that is not taken': [415, packed('br', body)],
    'a body that is not what its encoding says': [400, packed('gzip', body)],
    'a batch that is none': [400, batchOf({})],
  } as const;
  for (const [what, [status, message]] of Object.entries(refused))
    expect(await post(site, agent, message), what).toMatchObject({ status, type: PROBLEM });
  expect((await post(site, agent, packed('br', body))).header('accept-encoding')).toBe('gzip');
});

test('without a key nothing gets in, and a revoked key is refused at the next request', async ({ site, db }) => {
  const agent = await testAgent(db);
  for (const caller of [null, { secret: 'glk_x' }, { secret: `glk_${'A'.repeat(43)}` }]) {
    const answer = await post(site, caller, structured(oldEvent()));
    expect(answer).toMatchObject({ status: 401, type: PROBLEM });
    expect(answer.header('www-authenticate')).toBe('Bearer');
  }
  expect((await post(site, agent, structured(oldEvent()))).status).toBe(202);
  unwrap(await revokeKey(db, ADMIN_CONTEXT, agent.keyId));
  expect((await post(site, agent, structured(oldEvent()))).status).toBe(401);
});

test('a rate-limited key gets Retry-After; other keys are not affected', async ({ site, db }) => {
  const [eager, calm] = [await testAgent(db, 10), await testAgent(db, 10)];
  // Refused for what they say, but charged: nonsense meets the limit too.
  expect((await post(site, eager, batchOf(Array(950).fill(0)))).status).toBe(422);
  const limited = await post(site, eager, batchOf(Array(200).fill(0)));
  expect(limited).toMatchObject({ status: 429, type: PROBLEM });
  expect(Number(limited.header('retry-after'))).toBeGreaterThan(5);
  expect((await post(site, calm, structured(oldEvent()))).status).toBe(202);
});

test('a long queue gives 503 with Retry-After', async ({ site, db }) => {
  const agent = await testAgent(db);
  await db.$executeRaw`
    INSERT INTO "AgentBatch" (id, "agentId", "keyId", "receivedAt", received, accepted, payload)
    SELECT gen_random_uuid(), ${agent.id}::uuid, ${agent.keyId}::uuid, now(), 1000, 1000, '[]' FROM generate_series(1, 200)`;
  await expect.poll(async () => (await post(site, agent, structured(oldEvent()))).status).toBe(503);
  const refused = await post(site, agent, structured(oldEvent()));
  expect(refused).toMatchObject({ type: PROBLEM, json: { type: 'urn:golive:problem:unavailable' } });
  expect(refused.header('retry-after')).toBe('5');
  await db.agentBatch.deleteMany({ where: { agentId: agent.id, payload: '[]' } });
  await expect.poll(async () => (await post(site, agent, structured(oldEvent()))).status).toBe(202);
});

test('the schema of an event’s data and the description of the API are public', async ({ site }) => {
  const schema = await get(site, null, '/api/agent/schema');
  expect(schema).toMatchObject({ status: 200, type: 'application/schema+json', json: dataSchema() });
  expect(schema.json).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' });
  const description = await get(site, null, '/api/agent/openapi.json');
  expect(description).toMatchObject({ status: 200, type: 'application/json', json: openapi() });
});
