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

/** Every text with its path, and the placeholders that it holds. */
function placeholders(node: object, path = ''): [string, string][] {
  return Object.entries(node).flatMap(([key, value]: [string, unknown]): [string, string][] =>
    typeof value === 'string'
      ? [
          [
            `${path}${key}`,
            [...value.matchAll(/\{(\w+)\s*[,}]/g)]
              .map(([, name]) => name)
              .sort()
              .join(),
          ],
        ]
      : placeholders(value as object, `${path}${key}.`),
  );
}

test('both languages have the same keys and the same placeholders', () => {
  const unique = ([key, names]: [string, string]) => `${key}: ${[...new Set(names.split(','))].join()}`;
  expect(placeholders(MESSAGES.ru).map(unique).sort()).toEqual(placeholders(MESSAGES.en).map(unique).sort());
});
