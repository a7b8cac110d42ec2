import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { encodeCursor } from './cursor.ts';
import { FILTER_NAMES, filtersToText, momentField, parseMoment } from './filters.ts';
import { filterConditions } from './list.ts';
import { DEFAULT_LIMIT, parseAuditQuery } from './query.ts';

const SECRET = 'only-for-tests-only-for-tests-only';

beforeAll(() => {
  process.env.DATABASE_URL = 'postgres://unused@localhost/unused';
  process.env.NEXTAUTH_SECRET = SECRET;
});

const parse = (text: string) => parseAuditQuery(new URLSearchParams(text));
const position = { createdAt: new Date('2026-11-22T10:00:00.123Z'), id: '019ab000-0000-7000-8000-0000000000ff' };

test('no text whatsoever makes the parser throw', () => {
  const name = fc.oneof(fc.constantFrom(...FILTER_NAMES, 'cursor', 'limit'), fc.string());
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.string({ unit: 'binary' }))), (pairs) => {
      expect(parseAuditQuery(new URLSearchParams(pairs))).toHaveProperty('ok');
    }),
    { numRuns: 2000 },
  );
});

test('a cursor leads back to the very row it was made from, and the filters come back as they went', () => {
  const cursor = encodeCursor(position, { action: 'auth.sign_in' }, SECRET);
  expect(parse(`action=auth.sign_in&cursor=${cursor}&limit=20`)).toEqual({
    ok: true,
    value: { filters: { action: 'auth.sign_in' }, cursor: position, limit: 20 },
  });
});

test('a cursor with any one character changed is refused', () => {
  const cursor = encodeCursor(position, {}, SECRET);
  for (let at = 0; at < cursor.length; at++) {
    const other = cursor[at] === 'A' ? 'B' : 'A';
    const changed = cursor.slice(0, at) + other + cursor.slice(at + 1);
    expect(parse(`cursor=${changed}`), changed).toMatchObject({ ok: false, code: 'invalid_cursor' });
  }
  for (const changed of [cursor.slice(1), `${cursor}A`, `${cursor}=`, `${cursor}%20`, 'x'])
    expect(parse(`cursor=${changed}`), changed).toMatchObject({ ok: false, code: 'invalid_cursor' });
});

test('a cursor of other filters or of another secret is refused', () => {
  const cursor = encodeCursor(position, { outcome: 'denied' }, SECRET);
  expect(parse(`outcome=denied&cursor=${cursor}`).ok).toBe(true);
  expect(parse(`outcome=failure&cursor=${cursor}`)).toMatchObject({ code: 'invalid_cursor' });
  expect(parse(`cursor=${cursor}`)).toMatchObject({ code: 'invalid_cursor' });
  const foreign = encodeCursor(position, { outcome: 'denied' }, `${SECRET}!`);
  expect(parse(`outcome=denied&cursor=${foreign}`)).toMatchObject({ code: 'invalid_cursor' });
});

test.each([
  ['action=Sign%20in', /"action" must be a dotted name/],
  ['outcome=good', /"outcome" must be one of success, failure, denied/],
  ['source=mars', /"source" must be one of web/],
  ['from=yesterday', /"from" must be a date/],
  ['to=2026-02-30', /"to" must be a date/],
  ['from=2026-01-02&to=2026-01-01', /"from" must be earlier/],
  ['actor=a%00b', /"actor" must not hold control characters/],
  [`target=${'x'.repeat(600)}`, /at most 512 characters/],
  ['actoin=auth.sign_in', /There is no filter "actoin"/],
  ['actor=a&actor=b', /"actor" is given twice/],
  ['limit=0', /"limit" must be a whole number/],
  ['limit=201', /"limit" must be a whole number/],
])('%s is refused with a sentence that says why', (text, why) => {
  const query = parse(text);
  expect(query).toMatchObject({ ok: false, code: 'invalid_filter', extra: { filter: /^\w+/.exec(text)?.[0] } });
  expect(query.ok ? '' : query.detail).toMatch(why);
});

test('what a form without JavaScript sends is understood: empty fields and local times', () => {
  const query = parse('action=&actor=&target=&outcome=&source=&from=2026-11-22T09%3A30&to=&requestId=&limit=&cursor=');
  expect(query).toEqual({
    ok: true,
    value: { filters: { from: new Date('2026-11-22T09:30Z') }, limit: DEFAULT_LIMIT },
  });
});

test('filters written as text are read back the same', () => {
  const query = parse('to=2026-11-22&from=2026-11-01T10:00:00.5%2B03:00&actor=u1&source=cli');
  const text = query.ok ? filtersToText(query.value.filters) : {};
  expect(text).toEqual({
    actor: 'u1',
    source: 'cli',
    from: '2026-11-01T07:00:00.500Z',
    to: '2026-11-22T00:00:00.000Z',
  });
  expect(parse(new URLSearchParams(text).toString())).toEqual(query);
});

test('a day that does not exist is no moment', () => {
  expect(parseMoment('2024-02-29')).toEqual(new Date('2024-02-29T00:00Z'));
  for (const text of ['2026-02-29', '2026-13-01', '2026-01-01T25:00', '1969-12-31', '2026-1-1']) {
    expect(parseMoment(text), text).toBeUndefined();
  }
});

test('an actor filter is an id, including that of an agent’s owner; an e-mail address is matched as a label', () => {
  const column = (actor: string) => filterConditions({ actor })[0]?.sql;
  expect(column('ann@example.org')).toBe('"actorLabel" = ?');
  for (const id of ['019ab000-0000-7000-8000-0000000000ff', 'bot:ann@example.org'])
    expect(column(id)).toBe('"actorId" = ?');
});

test.each([
  ['2026-11-22T09:30:00+03:00', '2026-11-22T06:30'],
  ['2026-11-22T09:30:15.5Z', '2026-11-22T09:30:15.500'],
  ['2026-11-22', '2026-11-22T00:00'],
  ['yesterday', 'yesterday'],
])('the form shows the moment %s as %s, which means the same', (given, shown) => {
  expect(momentField(given)).toBe(shown);
  expect(parseMoment(shown)).toEqual(parseMoment(given));
});
