import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataSchema } from '#lib/agents/event.ts';
import { processAll, send, STRUCTURED, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
import { command } from '../../support/command.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { serveIngest } from '../../support/ingest-server.ts';

let database: TestDatabase;
let agent: TestAgent;
beforeAll(async () => {
  database = await freshDatabase();
  agent = await testAgent(database.db);
});
afterAll(() => database[Symbol.asyncDispose]());

const cloudEvent = () => new CloudEvent(testEvent());
const storedIds = async (ids: string[]) =>
  (await database.db.auditEvent.findMany({ where: { idempotencyKey: { in: ids } } })).map((row) => row.idempotencyKey);

async function post(origin: string, { headers, body }: Message) {
  return fetch(`${origin}/api/agent/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.secret}`, ...(headers as Record<string, string>) },
    body: body as string,
  });
}

test('the cloudevents package is understood in structured, binary and batch mode', async () => {
  await using server = await serveIngest(database.db);
  const [structured, binary, one, two] = [cloudEvent(), cloudEvent(), cloudEvent(), cloudEvent()];
  const batch = {
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify([one, two]),
  } as Message;
  for (const message of [HTTP.structured(structured), HTTP.binary(binary), batch])
    expect((await post(server.origin, message)).status).toBe(202);
  await processAll(database.db);
  const ids = [structured, binary, one, two].map(({ id }) => id);
  expect((await storedIds(ids)).sort()).toEqual(ids.sort());
});

test('one event means the same in every mode', async () => {
  await using server = await serveIngest(database.db);
  const event = cloudEvent();
  for (const message of [HTTP.structured(event), HTTP.binary(event)]) {
    expect((await post(server.origin, message)).status).toBe(202);
    await processAll(database.db);
  }
  expect(await storedIds([event.id])).toHaveLength(1);
  const totals = await database.db.agentBatch.aggregate({ _sum: { conflicts: true } });
  expect(totals._sum.conflicts).toBe(0);
});

test('agent:send delivers a file, names bad lines, and sending it again stores nothing twice', async () => {
  await using server = await serveIngest(database.db);
  const dir = await mkdtemp(join(tmpdir(), 'golive-send-'));
  const file = join(dir, 'events.ndjson');
  const withoutId = { ...testEvent(), id: undefined };
  const lines = [testEvent(), withoutId, testEvent()].map((event) => JSON.stringify(event));
  await writeFile(file, [...lines, '{"broken', ''].join('\n'));
  const run = () =>
    command('node', ['scripts/agent-send.ts', '--file', file, '--origin', server.origin, '--batch', '2', '--json'], {
      env: { GOLIVE_AGENT_KEY: agent.secret },
    });
  const before = await database.db.auditEvent.count({ where: { source: 'agent' } });
  const first = await run();
  expect(first).toMatchObject({ code: 1, stderr: expect.stringContaining('line 4:') as string });
  expect(JSON.parse(first.stdout)).toEqual({ events: 4, accepted: 3, refused: 1, batches: 2 });
  await run();
  await processAll(database.db);
  expect((await database.db.auditEvent.count({ where: { source: 'agent' } })) - before).toBe(3);
  await rm(dir, { recursive: true });
});

test('agent:send tells wrong use, a refused key and a server that is away apart', async () => {
  await using server = await serveIngest(database.db);
  const send = (args: string[], key = agent.secret) =>
    command('node', ['scripts/agent-send.ts', ...args], {
      env: { GOLIVE_AGENT_KEY: key },
      input: JSON.stringify(testEvent()),
    });
  expect((await send([])).code).toBe(2);
  expect(await send(['--file', '-', '--origin', server.origin], 'glk_wrong')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('401') as string,
  });
  const away = await send(['--file', '-', '--origin', 'http://127.0.0.1:9', '--retries', '1']);
  expect(away).toMatchObject({ code: 3, stderr: expect.stringContaining('gave up after 2 tries') as string });
});

test('the published schema and the checks agree on the names they take', async () => {
  const schema = dataSchema() as { properties: object; required: string[] };
  const { data } = testEvent();
  expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(data)));
  for (const name of schema.required) {
    const lacking = testEvent({ data: Object.fromEntries(Object.entries(data).filter(([key]) => key !== name)) });
    const result = await send(database.db, agent.secret, lacking, { 'content-type': STRUCTURED });
    expect(result, name).toMatchObject({ code: 'invalid_input', extra: { errors: [{ pointer: `/data/${name}` }] } });
  }
});
