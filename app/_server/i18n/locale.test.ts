import { expect, test } from 'vitest';
import { chooseLocale } from './locale.ts';

test('the choice of the reader beats the browser', () => {
  expect(chooseLocale('en', 'ru')).toBe('en');
});

test.each([
  ['ru-RU,ru;q=0.9,en;q=0.8', 'ru'],
  ['de,en;q=0.5,ru;q=0.7', 'ru'],
  ['fr', 'en'],
  ['ru;q=0,en;q=0.1', 'en'],
  [';;;q=nonsense,,', 'en'],
  ['ru_RU.UTF-8,en;q=0.5', 'ru'],
  ['ru@posix', 'ru'],
  [null, 'en'],
])('the browser that asks for %j reads %s', (header, expected) => {
  expect(chooseLocale('xx', header)).toBe(expected);
});
