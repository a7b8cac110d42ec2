import { parseOptions } from '@node-rs/argon2';
import { expect, test } from 'vitest';
import { ARGON2_OPTIONS, checkPasswordStrength, DUMMY_HASH, hashPassword, verifyPassword } from './password.ts';

const weak = (password: string, email = 'ann.lee@example.org') => !checkPasswordStrength(password, { email }).ok;

test('a hash is argon2id with the parameters that OWASP names, and the dummy costs the same', async () => {
  const hash = await hashPassword('violet harbour 42 lanterns');
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(DUMMY_HASH);
  expect({ algorithm, memoryCost, timeCost, parallelism }).toEqual(ARGON2_OPTIONS);
  expect(parseOptions(DUMMY_HASH)).toEqual(parseOptions(hash));
});

test('only the right password matches, however its accents were typed', async () => {
  const hash = await hashPassword('café au lait at nine');
  expect(await verifyPassword(hash, 'cafe\u0301 au lait at nine')).toBe(true);
  expect(await verifyPassword(hash, 'Café au lait at nine')).toBe(false);
  expect(await verifyPassword(null, 'café au lait at nine')).toBe(false);
  expect(await verifyPassword(hash, '')).toBe(false);
});

test('a password longer than anyone’s never matches, not even a hash made of it', async () => {
  const long = 'violet harbour 42 '.repeat(8);
  expect(await verifyPassword(await hashPassword(long), long)).toBe(false);
  expect(await verifyPassword(await hashPassword(''), long)).toBe(false);
});

test('twelve characters are enough and 128 are not too many, counted as people count them', () => {
  expect(weak('tealwagon-91')).toBe(false);
  expect(weak('tealwagon91')).toBe(true);
  expect(weak('🐢🦊🐝🦉🐙🦋🐬🦔🐌🐓🦜🦭')).toBe(false);
  expect(weak('ab cd ef gh '.repeat(10) + '12345678')).toBe(false);
  expect(weak('ab cd ef gh '.repeat(10) + '123456789')).toBe(true);
});

test('one’s own address, patterns and the first guesses are refused in any dress', () => {
  for (const password of [
    'ann.lee@example.org',
    'ANN.LEE@EXAMPLE.ORG',
    ' ann.lee@example.org ',
    'my ann.lee@example.org 2026',
    'aaaaaaaaaaaaaaaa',
    'abababababababab',
    'Password1234',
    'pass word - 1234',
    'ｐａｓｓｗｏｒｄ１２３４',
    'Qwerty-Qwerty',
    'парольПАРОЛЬ',
  ])
    expect(weak(password), password).toBe(true);
});
