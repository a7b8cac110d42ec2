import { afterAll, beforeAll, expect, test } from 'vitest';
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

let count = 0;
/** An event as text, with the text of its metadata, and of more members of the envelope, as given. */
const eventText = (metadata: string, more = '', data = '') =>
  `{"specversion":"1.0","id":"e-${(count += 1)}","source":"/a","type":"t"${more},"data":{"action":"probe.n","outcome":"success","actor":{"id":"r"}${data},"metadata":${metadata}}}`;

const alone = (body: string | Buffer, type = STRUCTURED) =>
  send(database.db, agent.secret, body, { 'content-type': type });
const pointersOf = (result: unknown) =>
  (result as { extra?: { errors?: { pointer: string }[] } }).extra?.errors?.map(({ pointer }) => pointer);

const LONG = '1'.repeat(400);

test.each([
  ['an integer beyond 2^53', '{"n":9007199254740993}', '/data/metadata/n'],
  ['one that happens to survive', '{"n":9007199254740994}', '/data/metadata/n'],
  ['a negative one', '{"a":[0,-9007199254740993]}', '/data/metadata/a/1'],
  ['a number of 400 digits', `{"n":${LONG}}`, '/data/metadata/n'],
  ['a number that is not finite', '{"n":1e400}', '/data/metadata/n'],
  ['one that becomes zero', '{"n":1e-400}', '/data/metadata/n'],
  ['a large one with an exponent', '{"n":1e300}', '/data/metadata/n'],
  ['more digits than a double has', '{"n":0.1000000000000000055}', '/data/metadata/n'],
  ['a zero with a sign', '{"n":-0}', '/data/metadata/n'],
  ['a fraction of nothing with a sign', '{"n":-0.0}', '/data/metadata/n'],
  ['a member given twice', '{"a":1,"a":1}', '/data/metadata/a'],
  ['a member given twice in two spellings', '{"a":1,"\\u0061":2}', '/data/metadata/a'],
  ['__proto__', '{"__proto__":{"isAdmin":true}}', '/data/metadata/__proto__'],
  ['__proto__ further inside', '{"a":[{"__proto__":1}]}', '/data/metadata/a/0/__proto__'],
  ['constructor', '{"constructor":{"prototype":{}}}', '/data/metadata/constructor'],
  ['half a surrogate pair', '{"a":"\\ud800"}', '/data/metadata/a'],
  ['the other half', '{"a":["x","\\uDFFFx"]}', '/data/metadata/a/1'],
  ['half a pair in a name', '{"\\ud800":1}', '/data/metadata/\ufffd'],
  ['NUL', '{"a":"x\\u0000"}', '/data/metadata/a'],
  ['NUL in a name', '{"a\\u0000":1}', '/data/metadata/a\0'],
  ['a name with a line break', '{"a\\nb":1}', '/data/metadata/a\nb'],
  ['a name that turns what follows', '{"a":{"x\u202ey":1}}', '/data/metadata/a/x\u202ey'],
  ['a name with a character of no width', '{"x\u200by":1}', '/data/metadata/x\u200by'],
])(
  '%s in metadata is refused where it stands, alone and in a batch, and nothing of it is kept',
  async (_, metadata, pointer) => {
    expect(pointersOf(await alone(eventText(metadata)))).toEqual([pointer]);
    const good = eventText('{"n":1}');
    const mixed = unwrap(await alone(`[${good},${eventText(metadata)},${eventText('{}')}]`, BATCH));
    expect(mixed).toMatchObject({ received: 3, accepted: 2, errors: [{ index: 1, pointer: `/1${pointer}` }] });
  },
);

test('duplicate members of the envelope and of data are rejected', async () => {
  expect(pointersOf(await alone(eventText('{}', ',"id":"x"')))).toEqual(['/id']);
  expect(pointersOf(await alone(eventText('{}', '', ',"outcome":"denied"')))).toEqual(['/data/outcome']);
  expect(pointersOf(await alone(eventText('{}', ',"__proto__":{"x":1}')))).toEqual(['/__proto__']);
  expect(pointersOf(await alone(eventText('{}', '', ',"__proto__":{"x":1}')))).toEqual(['/data/__proto__']);
  const target = ',"target":{"type":"x","id":"y","\\u005f_proto__":1}';
  expect(pointersOf(await alone(eventText('{}', '', target)))).toEqual(['/data/target/__proto__']);
});

test.each([
  ['id', { id: 'a\u200bb' }, '/id'],
  ['source', { source: '/a\u202e' }, '/source'],
  ['type', { type: 'a\u2028b' }, '/type'],
  ['subject', { subject: 'a\ufeffb' }, '/subject'],
  ['dataschema', { dataschema: 'https://x/\u2066' }, '/dataschema'],
  ['the actor’s id', { data: { ...testEvent().data, actor: { id: 'r\u00ad' } } }, '/data/actor/id'],
  ['the target’s id', { data: { ...testEvent().data, target: { type: 'x', id: '\u3164' } } }, '/data/target/id'],
  ['the correlation id', { data: { ...testEvent().data, correlationId: 'a\u{e0041}' } }, '/data/correlationId'],
  ['the action', { data: { ...testEvent().data, action: 'a\u200b.b' } }, '/data/action'],
])('a character that nobody sees is refused in %s', async (_, given, pointer) => {
  expect(pointersOf(await alone(JSON.stringify(testEvent(given))))).toEqual([pointer]);
});

test('bytes that are not UTF-8, and a byte order mark, are refused and not replaced', async () => {
  const text = eventText('{"a":"x"}').replace('"x"', '"\xff"');
  const broken = await alone(Buffer.from(text, 'latin1'));
  expect(broken).toMatchObject({ code: 'bad_request' });
  expect(pointersOf(broken)).toEqual(['/data/metadata/a']);
  expect(await alone(Buffer.from(`\ufeff${eventText('{}')}`))).toMatchObject({
    code: 'bad_request',
    detail: expect.stringContaining('byte order mark') as string,
  });
});

test('what is taken in stands in the log as it was sent', async () => {
  const metadata = {
    numbers: [0, -1, 1.5, 0.1, 2 ** 53, -(2 ** 53), 5e-324, 1e-7, 123_456_789.25],
    text: 'one\u2028two\u0085three\r\nfour\u202e😀\u0301',
    proto: { prototype: 1, toString: 2, hasOwnProperty: null, '': true, 'a/b~': [[]] },
  };
  const event = testEvent({ data: { ...testEvent().data, actor: { id: 'r', label: 'one\u2028two' }, metadata } });
  unwrap(await alone(JSON.stringify(event)));
  // In other notations: the values are the same.
  unwrap(await alone(eventText('{"n":[1.0,1e2,0.10,9007199254740992,0e5]}')));
  await processAll(database.db);
  const stored = await database.db.auditEvent.findFirstOrThrow({ where: { idempotencyKey: event.id } });
  expect(stored.actorLabel).toBe('one\u2028two');
  expect((stored.metadata as { data: unknown }).data).toStrictEqual(metadata);
  const last = await database.db.auditEvent.findFirstOrThrow({ where: { idempotencyKey: `e-${count}` } });
  expect((last.metadata as { data: unknown }).data).toStrictEqual({ n: [1, 100, 0.1, 9007199254740992, 0] });
});
