import fc from 'fast-check';
import { expect, test } from 'vitest';
import { survivesAsDouble } from './numbers.ts';
import { toPointer } from './pointer.ts';
import { LossyJsonError, parseLosslessJson, parseStrict } from './strict.ts';
import { decodeUtf8, findInvalidUtf8 } from './utf8.ts';

const pointers = (text: string) => {
  const parsed = parseStrict(text);
  return parsed.ok ? parsed.problems.map(({ path }) => toPointer(path)) : parsed.detail;
};

test('a number that a double does not hold is a problem, however it is written', () => {
  for (const kept of [
    '0',
    '-1',
    '1.50',
    '1e2',
    '0.1',
    '1E+2',
    '0.0',
    '0e9',
    '9007199254740992',
    '1e21',
    '5e-324',
    '123456789012345.5',
  ])
    expect(survivesAsDouble(kept), kept).toBe(true);
  for (const changed of [
    ...[
      '9007199254740993',
      '-9007199254740993',
      '18446744073709551616',
      '12345678901234567890',
      '1e400',
      '-1e400',
      '1e-400',
    ],
    ...['0.1000000000000000055', '-0', '-0.0', '-0e5', '4.9e-324', '1e99999999999999999999', '1.00000000000000000001'],
  ])
    expect(survivesAsDouble(changed), changed).toBe(false);
});

test('what JavaScript writes as a number always survives, in any notation; a digit too many does not', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      fc.pre(value !== 0);
      const text = JSON.stringify(value);
      expect(survivesAsDouble(text)).toBe(true);
      const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
      const zeros = mantissa.includes('.') ? `${mantissa}000` : `${mantissa}.000`;
      expect(survivesAsDouble(`${zeros}E${exponent}`)).toBe(true);
      expect(survivesAsDouble(`${zeros.padEnd(40, '0')}1e${exponent}`)).toBe(false);
    }),
  );
});

test('problems are found where they stand, in objects in arrays in objects', () => {
  expect(pointers('{"a":[{"b":1,"c":{"b":2}},{"n":[0,1e400]}],"a":2}')).toEqual(['/a/1/n/1', '/a']);
  expect(pointers('{"a":1,"\\u0061":2}')).toEqual(['/a']);
  expect(pointers('{"__proto__":1,"__proto__":2}')).toEqual(['/__proto__']);
  expect(pointers('{"a/b~":-0}')).toEqual(['/a~1b~0']);
  expect(pointers('9007199254740993')).toEqual(['']);
  expect(pointers('[{"s":"1e400, \\"a\\":1, \\\\"},"-0",{"s":"}{"}]')).toEqual([]);
  expect(
    pointers(
      '{"a":"\\ud800","b":["\\udfff\\ud800","\\ud83d\\ude00"],"\\uD800":1,"n":"\\u0000","k":"\\\\ud800 \\\\u0000"}',
    ),
  ).toEqual(['/a', '/b/0', '/\ufffd', '/n']);
  expect(pointers('\uFEFF{}')).toContain('byte order mark');
  expect(pointers('{"a":1,}')).toBe('is not JSON');
});

test('problems are reported for each item of a batch, however many another item has', () => {
  const bad = `{"n":[${Array(1000).fill('1e400').join(',')}]}`;
  const found = pointers(`[${bad},{"n":1},${bad},{"n":-0}]`);
  expect(found).toHaveLength(11);
  expect(new Set((found as string[]).map((pointer) => pointer.split('/')[1]))).toEqual(new Set(['0', '2', '3']));
});

test('deep or long input neither overflows the stack nor takes quadratic time', () => {
  const deep = 200_000;
  expect(pointers(`${'['.repeat(deep)}-0${']'.repeat(deep)}`)).toHaveLength(1);
  expect(pointers(`${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`)).toEqual([]);
  const many = Array(100_000).fill('-0').join(',');
  expect(pointers(`${'['.repeat(deep)}${many}${']'.repeat(deep)}`)).toHaveLength(5);
  expect(pointers(`1${'0'.repeat(1_000_000)}1`)).toHaveLength(1);
});

test('every JSON value that JavaScript can write is read as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(value !== 0);
      const text = JSON.stringify(value);
      expect(JSON.stringify(parseLosslessJson(text))).toBe(text);
    }),
  );
});

test('a text with a name given twice is never taken for evidence', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.jsonValue(), (name, one, two) => {
      const member = (value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`;
      expect(() => parseLosslessJson(`{"x":{${member(one)},${member(two)}}}`)).toThrow(LossyJsonError);
    }),
  );
});

test('bytes that are not UTF-8 are found where they stand, and a byte order mark does not vanish', () => {
  const at = (text: string) => toPointer(findInvalidUtf8(Buffer.from(text, 'latin1')));
  expect(at('{"a":["x","\xff"]}')).toBe('/a/1');
  expect(at('{"ok":"\xc3\xa4","\xe4":1}')).toBe('/\ufffd');
  expect(at('{"\xc3\xa4":"\xed\xa0\x80"}')).toBe('/ä');
  expect(at('\xff')).toBe('');
  expect(decodeUtf8(Buffer.from([0xff]))).toBeNull();
  expect(decodeUtf8(Buffer.from('\uFEFFä'))).toBe('\uFEFFä');
});
