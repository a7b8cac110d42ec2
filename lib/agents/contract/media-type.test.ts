import { expect, test } from 'vitest';
import { isJsonType, utf8MediaType } from './media-type.ts';

test.each([
  ...['application/json', 'Application/JSON', 'application/json;charset=utf-8', 'application/json; charset=UTF-8'],
  ...['application/json ; charset="utf-8"', 'application/json; profile=x; charset=utf-8', 'application/json;', 'application/json; ;charset=utf-8'],
  ...['application/json; a="x;charset=latin1"'],
])('%s is JSON in UTF-8', (text) => {
  expect(utf8MediaType(text)).toBe('application/json');
}); // prettier-ignore

test.each([
  ...['', 'json', 'application/', '/json', 'application/json/x', 'application json', 'application/json, text/plain', 'application/json; charset'],
  ...['application/json; charset=utf-16', 'application/json; charset=iso-8859-1', 'application/json; charset=', 'application/json; charset="utf-8'],
  ...['application/json; charset=utf-8; charset=utf-16', 'application/json; CHARSET=latin1', 'application/json x'],
])('%s is not', (text) => {
  expect(utf8MediaType(text)).toBeNull();
}); // prettier-ignore

test('JSON is what says so', () => {
  for (const type of ['application/json', 'application/vnd.x+json', 'application/cloudevents+json'])
    expect(isJsonType(type)).toBe(true);
  for (const type of ['text/json', 'application/jsonx', 'application/x-json', 'application/xml', 'application/+json'])
    expect(isJsonType(type)).toBe(false);
});
