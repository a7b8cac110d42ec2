import { CloudEvent, HTTP, type Message } from 'cloudevents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { dataSchema } from '#lib/agents/contract/event.ts';
import { processAll, send, STRUCTURED, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
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
