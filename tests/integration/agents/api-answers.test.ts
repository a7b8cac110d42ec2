import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GET as getBatch } from '../../../app/api/agent/batches/[id]/route.ts';
import { POST as postEvents } from '../../../app/api/agent/events/route.ts';
import { GET as getDescription } from '../../../app/api/agent/openapi.json/route.ts';
import { GET as getSchema } from '../../../app/api/agent/schema/route.ts';
import { openapi } from '#lib/agents/contract/openapi.ts';
import { openDb, type Db } from '#lib/db.ts';
import { log } from '#lib/log.ts';
import { BATCH, processAll, STRUCTURED, testAgent, testEvent, type TestAgent } from '../../support/agents.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { describedAnswers, schemasOf, type Description } from '../../support/openapi.ts';

const now = vi.hoisted((): { db?: unknown } => ({}));
vi.mock('server-only', () => ({}));
vi.mock('next/headers', () => ({ headers: () => Promise.resolve(new Headers()) }));
vi.mock('#lib/db.ts', async (original) => ({ ...(await original<object>()), db: () => now.db }));

const description = openapi() as unknown as Description;
const described = describedAnswers(description);
const schema = schemasOf(description);

let database: TestDatabase;
let unmigrated: TestDatabase;
let away: Db;
let agent: TestAgent;
let poor: TestAgent;
beforeAll(async () => {
  [database, unmigrated] = await Promise.all([freshDatabase(), freshDatabase({ migrated: false })]);
  away = openDb('postgres://nobody@127.0.0.1:1/none', { max: 1 });
  agent = await testAgent(database.db);
  poor = await testAgent(database.db, 1);
});
afterAll(async () => {
  await away.$disconnect();
  await Promise.all([database, unmigrated].map((one) => one[Symbol.asyncDispose]()));
});

type Call = () => Response | Promise<Response>;

const post =
  (
    body: unknown,
    headers: Record<string, string> = { 'content-type': STRUCTURED },
    by: () => { secret: string } = () => agent,
  ): Call =>
  () =>
    postEvents(
      new Request('http://x/api/agent/events', {
        method: 'POST',
        headers: { authorization: `Bearer ${by().secret}`, ...headers },
        body: body instanceof Uint8Array || typeof body === 'string' ? (body as BodyInit) : JSON.stringify(body),
      }),
    );
const get =
  (id: string, by: () => { secret: string } = () => agent): Call =>
  () =>
    getBatch(new Request('http://x/', { headers: { authorization: `Bearer ${by().secret}` } }), {
      params: Promise.resolve({ id }),
    });

const batch = { 'content-type': BATCH };
const event = testEvent();
const other = { ...event, type: 'another' };
let batchId = '';
const remember =
  (call: Call): Call =>
  async () => {
    const response = await call();
    batchId = ((await response.clone().json()) as { batchId: string }).batchId;
    return response;
  };

/** A body that never comes, and the half minute for it over at once. */
async function late(): Promise<Response> {
  const { setTimeout: real } = globalThis;
  const hurry = (done: () => void, ms?: number) => real(done, ms === 30_000 ? 0 : ms);
  const clock = vi.spyOn(globalThis, 'setTimeout').mockImplementation(hurry);
  const headers = { authorization: `Bearer ${agent.secret}`, 'content-type': STRUCTURED };
  const init = { method: 'POST', headers, body: new ReadableStream(), duplex: 'half' };
  return postEvents(new Request('http://x/api/agent/events', init)).finally(() => clock.mockRestore());
}

/** Every kind of answer, provoked. */
const CALLS: [operation: string, what: string, call: Call, db?: () => unknown][] = [
  ['POST /api/agent/events', 'an event', post(event)],
  ['POST /api/agent/events', 'a batch with a bad event', remember(post([testEvent(), 7], batch))],
  ['POST /api/agent/events', 'an empty batch', post([], batch)],
  ['POST /api/agent/events', 'gzip', post(gzipSync(JSON.stringify(testEvent())), { 'content-type': STRUCTURED, 'content-encoding': 'gzip' })],
  ['POST /api/agent/events', 'no JSON', post('{')],
  ['POST /api/agent/events', 'no UTF-8', post(Buffer.from('{"a":"\xff"}', 'latin1'))],
  ['POST /api/agent/events', 'an unknown key', post(event, {}, () => ({ secret: 'glk_x' }))],
  ['POST /api/agent/events', 'another event of the same id', async () => {
    await processAll(database.db);
    return post(other)();
  }],
  ['POST /api/agent/events', 'too much', post(' '.repeat(1_048_577))],
  ['POST /api/agent/events', 'nothing in time', late],
  ['POST /api/agent/events', 'another type', post(event, { 'content-type': 'text/plain' })],
  ['POST /api/agent/events', 'another encoding', post('', { 'content-type': STRUCTURED, 'content-encoding': 'br' })],
  ['POST /api/agent/events', 'a bad event', post({ ...event, id: '' })],
  ['POST /api/agent/events', 'more than the rate', async () => {
    await post(Array(990).fill(7), batch, () => poor)();
    return post(Array(990).fill(7), batch, () => poor)();
  }],
  ['POST /api/agent/events', 'a fault', post(event), () => unmigrated.db],
  ['POST /api/agent/events', 'no database', post(event), () => away],
  ['GET /api/agent/batches/{id}', 'a batch', () => get(batchId)()],
  ['GET /api/agent/batches/{id}', 'a batch of somebody else', () => get(batchId, () => poor)()],
  ['GET /api/agent/batches/{id}', 'an unknown key', get('x', () => ({ secret: 'glk_x' }))],
  ['GET /api/agent/batches/{id}', 'a fault', get('x'), () => unmigrated.db],
  ['GET /api/agent/batches/{id}', 'no database', get('x'), () => away],
  ['GET /api/agent/schema', 'the schema', getSchema],
  ['GET /api/agent/openapi.json', 'the description', getDescription],
]; // prettier-ignore

test('whatever the handlers answer is described, with its headers, and whatever is described is answered', async () => {
  const quiet = vi.spyOn(log, 'error').mockImplementation(() => undefined);
  const seen = new Set<string>();
  for (const [operation, what, call, db] of CALLS) {
    now.db = db === undefined ? database.db : db();
    const response = await call();
    const answer = `${operation} ${response.status} ${response.headers.get('content-type')}`;
    seen.add(answer);
    const place = described.get(answer);
    expect(place, `${what}: ${answer}`).toBeDefined();
    const body: unknown = await response.json();
    const validate = schema(place ?? '');
    expect(validate(body), `${what}: ${JSON.stringify(validate.errors)} ${JSON.stringify(body).slice(0, 500)}`).toBe(
      true,
    );
    const [method = '', path = ''] = operation.split(' ');
    const { headers = {} } = description.paths[path]?.[method.toLowerCase()]?.responses[response.status] ?? {};
    for (const [name, { required }] of Object.entries(headers))
      if (required === true) expect(response.headers.get(name), `${what}: ${name}`).not.toBeNull();
  }
  expect([...described.keys()].filter((answer) => !seen.has(answer))).toEqual([]);
  // The faults, and they alone, are in the log.
  expect(quiet).toHaveBeenCalledTimes(2);
});
