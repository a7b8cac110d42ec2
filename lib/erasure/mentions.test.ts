import { expect, test } from 'vitest';
import { fieldsAbout, mentionsOf, type EventTexts } from './mentions.ts';

const PERSON = {
  id: '019ab000-0000-7000-8000-000000000001',
  account: null,
  names: ['jane@example.org', 'Jane "J" Doe', 'admin', 'Ольга Ким'],
  ips: ['192.0.2.7', '2001:db8::7'],
};
const mentioned = mentionsOf(PERSON);

test.each([
  'jane@example.org',
  'to <JANE@example.org>.',
  '{"filters": {"actor": "jane@example.org"}}',
  '/audit?actor=jane%40example.org',
  '"said Jane \\"J\\" Doe"',
  'ольга ким',
  'admin',
  '{"name": "admin"}',
  'from 192.0.2.7.',
  '[2001:db8::7]:443',
])('a text that means the person: %s', (text) => {
  expect(mentioned(text)).toBe(true);
});

test.each([
  'mary-jane@example.org',
  'jane@example.org.uk',
  '/admin/users',
  'Ольга Кимова',
  '192.0.2.77',
  '1192.0.2.7',
  '2001:db8::7:1',
  '',
])('a text that means somebody else: %s', (text) => {
  expect(mentioned(text)).toBe(false);
});

const event = (changes: Partial<EventTexts>): EventTexts => ({
  actorType: 'user',
  actorId: 'somebody',
  actorLabel: 'boss@example.org',
  targetId: null,
  targetLabel: null,
  source: 'web',
  ip: '192.0.2.7',
  userAgent: 'browser',
  correlationId: null,
  idempotencyKey: null,
  metadata: '{}',
  ...changes,
});
const about = (changes: Partial<EventTexts>) => fieldsAbout(PERSON, event(changes));

test('of what the person did, who did it from where is about them', () => {
  expect(about({ actorId: PERSON.id, actorLabel: 'former@example.org' })).toEqual(['actorLabel', 'ip', 'userAgent']);
});

test('of what others did to the person, only the person is', () => {
  expect(about({ targetId: PERSON.id, targetLabel: 'former@example.org' })).toEqual(['targetLabel']);
  expect(about({ metadata: '{"rows": 5, "filters": {"actor": "jane@example.org"}}' })).toEqual(['metadata.filters']);
});

test('an attempt in the person’s name by nobody known is theirs', () => {
  const attempt = { actorType: 'anonymous', actorId: null, actorLabel: 'jane@example.org' };
  expect(about(attempt)).toEqual(['actorLabel', 'ip', 'userAgent']);
});

test('what is known to be about the person may spell them inside a longer word', () => {
  const key = { idempotencyKey: 'pay-jane@example.org' };
  expect(about(key)).toEqual([]);
  expect(about({ actorLabel: 'jane@example.org', ...key })).toEqual(['actorLabel', 'idempotencyKey']);
});

test('what is about others stays, though it came from the same address', () => {
  expect(about({})).toEqual([]);
});
