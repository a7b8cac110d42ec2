import { expect, test } from 'vitest';
import { chooseLocale } from './locale.ts';
import { MESSAGES } from './messages.ts';

test('the choice of the reader beats the browser', () => {
  expect(chooseLocale('en', 'ru')).toBe('en');
});

test.each([
  ['ru-RU,ru;q=0.9,en;q=0.8', 'ru'],
  ['de,en;q=0.5,ru;q=0.7', 'ru'],
  ['fr', 'en'],
  ['ru;q=0,en;q=0.1', 'en'],
  [';;;q=nonsense,,', 'en'],
  [null, 'en'],
])('the browser that asks for %j reads %s', (header, expected) => {
  expect(chooseLocale('xx', header)).toBe(expected);
});

/** Every text by its path, with the placeholders that it holds. */
function placeholders(node: object, path = ''): string[] {
  return Object.entries(node).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value !== 'string') return placeholders(value as object, `${path}${key}.`);
    const names = new Set([...value.matchAll(/\{(\w+)\s*[,}]/g)].map(([, name]) => name));
    return `${path}${key}: ${[...names].sort().join()}`;
  });
}

test('both languages have the same keys and the same placeholders', () => {
  expect(placeholders(MESSAGES.ru).sort()).toEqual(placeholders(MESSAGES.en).sort());
});
