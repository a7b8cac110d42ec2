import { expect, test } from 'vitest';
import { readAttributes } from './binary-headers.ts';

const read = (value: string) => {
  const { attributes, unreadable } = readAttributes(new Headers({ 'CE-Subject': value, 'x-ce-id': 'no', ce: 'no' }));
  expect(Object.keys(attributes).length + unreadable.length).toBe(1);
  return attributes.subject ?? null;
};
const asBytes = (text: string) => Buffer.from(text).toString('latin1');

test.each([
  ['plain', 'a-b/c', 'a-b/c'],
  ['percent-encoded', 'Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
  ['in lower case', '%e2%82%ac', '€'],
  ['more than needed', '%61%2Fb', 'a/b'],
  ['one round only', '%2541', '%41'],
  ['quoted', '"quoted-1"', 'quoted-1'],
  ['quoted, with blanks and escapes', '"a b\\"c\\\\d"', 'a b"c\\d'],
  ['quoted and percent-encoded', '"a%20b"', 'a b'],
  ['blanks and quotes of older versions', 'a b "c"', 'a b "c"'],
  ['empty', '', ''],
  ['bytes of UTF-8', asBytes('Größe 😀'), 'Größe 😀'],
])('a header that is %s is read as the binding says', (_, value, text) => {
  expect(read(value)).toBe(text);
});

test.each([
  ['an overlong blank', 'a%C0%A0b'],
  ['half a character', '%E2%82'],
  ['an encoded surrogate', '%ED%A0%80'],
  ['a percent sign alone', '100%'],
  ['digits that are none', '%G0'],
  ['an open quote', '"a'],
  ['a quote that ends too early', '"a"b"'],
  ['an escape without anything', '"a\\"'],
  ['bytes of Latin-1', 'Gr\xf6\xdfe'],
])('%s is refused', (_, value) => {
  expect(read(value)).toBeNull();
});
