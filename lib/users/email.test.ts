import { expect, test } from 'vitest';
import { isEmail, isUnambiguous, normalizeEmail } from './email.ts';

test.each([
  ['Ann@Example.ORG', 'ann@example.org'],
  [' ann+audit@example.org ', 'ann+audit@example.org'],
  ['ivan@xn--e1afmkfd.xn--p1ai', 'ivan@xn--e1afmkfd.xn--p1ai'],
  ['Ivan@\u041f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444', 'ivan@xn--e1afmkfd.xn--p1ai'],
  ['guest_example.com#EXT#@tenant.onmicrosoft.com', 'guest_example.com#ext#@tenant.onmicrosoft.com'],
  ["o'brien!#$%&*/=?^`{|}~-@example.org", "o'brien!#$%&*/=?^`{|}~-@example.org"],
  ['ann@localhost', 'ann@localhost'],
])('%s is an address, stored as %s', (given, stored) => {
  expect(normalizeEmail(given)).toBe(stored);
  expect(isEmail(stored)).toBe(true);
});

test.each([
  '',
  'ann',
  'ann@',
  '@example.org',
  'a b@example.org',
  'ann@exa mple.org',
  'ann@-example.org',
  'ann@@example.org',
  'a\0nn@example.org',
  '\u0430nn@example.org',
  `${'a'.repeat(250)}@example.org`,
])('%j is no address', (given) => expect(isEmail(normalizeEmail(given))).toBe(false));

test('an address whose spelling changes on the way to the stored one is ambiguous', () => {
  for (const text of [
    '\uff41nn@example.org',
    'ann@\uff45xample.org',
    'ann@exam\u00adple.org',
    '\u212aate@example.org',
    'ann@example.org\u200b',
  ])
    expect(isUnambiguous(text), text).toBe(false);
  for (const text of ['Ann@Example.org', 'ivan@\u041f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444'])
    expect(isUnambiguous(text), text).toBe(true);
});
