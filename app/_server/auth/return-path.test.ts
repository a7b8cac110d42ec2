import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { returnPath } from './return-path.ts';

const ORIGIN = 'https://golive.example';

const ATTACKS = [
  '//evil.example',
  '///evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '\t//evil.example',
  ' //evil.example',
  '/.//evil.example',
  '/a/..//evil.example',
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,x',
  'https:evil.example',
  'https:/evil.example',
  'https://evil.example',
  'https://golive.example.evil.example',
  'https://golive.example@evil.example',
  'https://evil.example@golive.example',
  'http://golive.example/audit',
  'blob:https://golive.example/1',
  'evil.example',
  'http://[',
  '',
];

describe('a callback URL cannot leave the origin', () => {
  test.each(ATTACKS)('%j becomes the overview', (attack) => {
    expect(returnPath(attack, ORIGIN)).toBe('/');
  });

  test('percent-encoded slashes stay inside the path', () => {
    expect(returnPath('/%2F%2Fevil.example', ORIGIN)).toBe('/%2F%2Fevil.example');
    expect(new URL(returnPath('/%5Cevil.example'), ORIGIN).origin).toBe(ORIGIN);
  });

  test('whatever the text, the browser ends up on the origin', () => {
    const pieces = fc.constantFrom(
      '/',
      '\\',
      ':',
      '@',
      '.',
      '..',
      '%2f',
      '%5c',
      '\t',
      '\n',
      'javascript',
      'https',
      'evil',
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 10 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (value) => {
        const path = returnPath(value, ORIGIN);
        expect(path).toMatch(/^\/(?![/\\])/);
        expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
      }),
    );
  });
});

test('paths of the app and absolute URLs of its origin are kept', () => {
  expect(returnPath('/audit?outcome=denied#x', ORIGIN)).toBe('/audit?outcome=denied#x');
  expect(returnPath('https://golive.example/admin', ORIGIN)).toBe('/admin');
});

test('a visitor is never sent back to the sign-in page', () => {
  expect(returnPath('/login?callbackUrl=/login')).toBe('/');
  expect(returnPath('/api/auth/signout')).toBe('/');
});
