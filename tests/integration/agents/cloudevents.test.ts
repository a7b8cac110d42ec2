import { gzipSync } from 'node:zlib';
import { CloudEvent, HTTP } from 'cloudevents';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readBatch } from '#lib/agents/batches.ts';
import {
  BATCH,
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

const post = (body: unknown, type = STRUCTURED, headers: Record<string, string> = {}) =>
  send(database.db, agent.secret, body, { 'content-type': type, ...headers });
const errorsOf = (result: unknown) =>
  (result as { extra?: { errors?: { pointer: string; detail: string }[] } }).extra?.errors ?? [];
const pointersOf = (result: unknown) => errorsOf(result).map(({ pointer }) => pointer);

async function storedAs(id: string) {
  await processAll(database.db);
  return database.db.auditEvent.findFirstOrThrow({ where: { idempotencyKey: id } });
}

const DATA = { action: 'probe.q', outcome: 'success', actor: { id: 'r' } };
const CE = { 'ce-specversion': '1.0', 'ce-source': '/a', 'ce-type': 't' };

test('a header is taken out of its quotes and decoded once, and one that is not UTF-8 is refused where it stands', async () => {
  const good = { ...CE, 'ce-id': '"quoted-1"', 'ce-subject': 'a%20b%E2%82%AC' };
  unwrap(await post(DATA, 'application/json', good));
  const { metadata } = await storedAs('quoted-1');
  expect(metadata).toMatchObject({ event: { source: '/a', type: 't', subject: 'a b€' } });
  const refused = await post(DATA, 'application/json', { ...good, 'ce-subject': 'a%C0%A0b' });
  expect(refused).toMatchObject({ code: 'invalid_input' });
  expect(pointersOf(refused)).toEqual(['/subject']);
  expect(pointersOf(await post(DATA, 'application/json', { ...good, 'ce-id': '%00' }))).toEqual(['/id']);
  expect(pointersOf(await post(DATA, 'application/json', { ...good, 'ce-data': 'x' })), 'the body is the data').toEqual(
    ['/data'],
  );
  expect(pointersOf(await post('{"action":1,"action":2}', 'application/json', good))).toEqual(['/data/action']);
});

test('data_base64 is decoded, and problems are reported at its pointer', async () => {
  const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
  const event = { specversion: '1.0', id: 'b64-1', source: '/a', type: 't', datacontenttype: 'application/json' };
  unwrap(await post({ ...event, data: null, data_base64: base64(JSON.stringify(DATA)) }));
  expect(await storedAs('b64-1')).toMatchObject({ action: 'agent.probe.q' });
  // The same event, however it is written.
  const { batchId } = unwrap(await post({ ...event, data: DATA }));
  await processAll(database.db);
  expect(unwrap(await readBatch(database.db, agent.id, batchId))).toMatchObject({ duplicates: 1, conflicts: 0 });
  for (const [given, detail] of [
    [{ data_base64: base64('{}'), data: DATA }, 'together with data'],
    [{ data_base64: 7 }, 'is not Base64'],
    [{ data_base64: `${base64(JSON.stringify(DATA))}\n` }, 'is not Base64'],
    [{ data_base64: 'e30' }, 'is not Base64'],
    [{ data_base64: '_-8=' }, 'is not Base64'],
    [{ data_base64: base64('{"a":"\xff"}') }, 'not UTF-8'],
    [{ data_base64: base64('{') }, 'is not JSON'],
    [{ data_base64: base64('') }, 'is not JSON'],
    [{ data_base64: base64('{"metadata":{"n":1e400}}') }, '/metadata/n, which is a number'],
    [{ data_base64: base64(JSON.stringify({ ...DATA, outcome: 'perhaps' })) }, '/outcome '],
    [{ data_base64: base64('{"__proto__":1}') }, '/__proto__ '],
    [{ data_base64: base64(JSON.stringify(DATA)), datacontenttype: 'application/json; charset=utf-16' }, 'UTF-8'],
  ] as const) {
    const errors = errorsOf(await post({ ...event, id: 'b64-2', ...given }));
    expect(errors[0]?.detail).toContain(detail);
    expect(errors[0]?.pointer).toBe('datacontenttype' in given ? '/datacontenttype' : '/data_base64');
  }
});

test('gzip is taken in every mode, and charges and limits hold for what it becomes', async () => {
  const [one, two, three] = [testEvent(), testEvent(), testEvent()];
  const gzip = { 'content-encoding': 'gzip' };
  unwrap(await post(gzipSync(JSON.stringify(one)), STRUCTURED, gzip));
  unwrap(await post(gzipSync(JSON.stringify([two])), BATCH, gzip));
  const binary = HTTP.binary(new CloudEvent(three));
  unwrap(await post(gzipSync(binary.body as string), 'application/json', { ...(binary.headers as object), ...gzip }));
  for (const { id } of [one, two, three]) await storedAs(id);
  expect(await post(gzipSync(Buffer.alloc(1 << 26)), BATCH, gzip)).toMatchObject({ code: 'too_large' });
  expect(await post(JSON.stringify(one), STRUCTURED, gzip)).toMatchObject({ code: 'bad_request' });
  for (const encoding of ['br', 'deflate', 'zstd', 'identity', 'gzip, gzip'])
    expect(await post('', BATCH, { 'content-encoding': encoding })).toMatchObject({
      code: 'unsupported_media_type',
      extra: { acceptEncoding: 'gzip' },
    });
});

test('a batch without events is a batch, and comes to an end like others', async () => {
  const { batchId, ...counts } = unwrap(await post([], BATCH));
  expect(counts).toEqual({ received: 0, accepted: 0, errors: [] });
  await processAll(database.db);
  expect(unwrap(await readBatch(database.db, agent.id, batchId))).toMatchObject({
    state: 'done',
    stored: 0,
    results: [],
  });
});

test.each([
  ['structured', (event: unknown) => [event, STRUCTURED] as const],
  ['batch', (event: unknown) => [[event], BATCH] as const],
  ['binary', (event: unknown) => [(event as { data: unknown }).data, 'application/json'] as const],
])('in %s mode the type may name UTF-8 and nothing else', async (mode, write) => {
  const event = testEvent();
  const [body, type] = write(event);
  const headers = mode === 'binary' ? { ...CE, 'ce-id': event.id } : {};
  for (const parameter of ['; charset=utf-8', ';charset="UTF-8"', ' ; profile=x'])
    expect((await post(body, type + parameter, headers)).ok, parameter).toBe(true);
  for (const parameter of [
    '; charset=utf-16',
    '; charset=iso-8859-1',
    '; charset=utf-8; charset=latin1',
    ', text/plain',
    '; charset',
  ])
    expect(await post(body, type + parameter, headers), parameter).toMatchObject({ code: 'unsupported_media_type' });
  await processAll(database.db);
});

test('times are RFC 3339 in either case, and digits beyond the millisecond stay with the event', async () => {
  const second = new Date(Date.now() - 60_000).toISOString().slice(0, 19);
  const lower = testEvent({ time: `${second}.250Z`.toLowerCase() });
  unwrap(await post(lower));
  expect((await storedAs(lower.id)).createdAt.toISOString()).toBe(`${second}.250Z`);
  // As another client writes the same moment: the same event.
  const again = unwrap(await post({ ...lower, time: `${second}.25+00:00` }));
  await processAll(database.db);
  expect(unwrap(await readBatch(database.db, agent.id, again.batchId))).toMatchObject({ duplicates: 1, conflicts: 0 });

  const finer = testEvent({ time: `${second}.250123456Z` });
  unwrap(await post(finer));
  const stored = await storedAs(finer.id);
  expect(stored.createdAt.toISOString()).toBe(`${second}.250Z`);
  expect(stored.metadata).toMatchObject({ event: { time: finer.time } });
  expect(await post({ ...finer, time: `${second}.250123457Z` })).toMatchObject({ code: 'conflict' });

  for (const time of ['2026-02-30T00:00:00Z', `${second}`, `${second} Z`, '2016-12-31T23:59:60Z', 7, true])
    expect(pointersOf(await post(testEvent({ time }))), String(time)).toEqual(['/time']);
});

test('attributes that are null are absent, and extensions hold what the specification lets them', async () => {
  const nulls = { subject: null, time: null, datacontenttype: null, dataschema: null, data_base64: null, ext: null };
  const event = testEvent({ ...nulls, traceparent: '00-x-y-01', flag: false, number: -(2 ** 31), dataschema: 'https://x/y#z' });
  unwrap(await post(event));
  expect((await storedAs(event.id)).metadata).toMatchObject({ event: { source: '/deployments' } });
  for (const [name, value] of [
    ...([['ext', 1.5], ['ext', 2 ** 31], ['ext', {}], ['ext', []], ['Ext', 'x'], ['ex_t', 'x'], ['', 'x'], ['ext', 1e21]] as const),
  ])
    expect(pointersOf(await post(testEvent({ [name]: value }))), `${name} ${JSON.stringify(value)}`).toEqual([`/${name}`]);
  for (const name of ['id', 'source', 'type', 'specversion', 'data'])
    expect(pointersOf(await post(testEvent({ [name]: null }))), name).toEqual([`/${name}`]);
}); // prettier-ignore
