import { expect, test } from 'vitest';
import { readPort } from './start-installation.ts';

test('a port is a number from 1 to 65535, in decimal digits', () => {
  expect(['1', '3000', '65535'].map(readPort)).toEqual([1, 3000, 65_535]);
  for (const text of ['0', '65536', '0x10CC', '1e3', ' 80', '', '-1', '80.5', 'web'])
    expect(readPort(text), text).toBeUndefined();
});
