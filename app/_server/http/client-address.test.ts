import { describe, expect, test } from 'vitest';
import { clientAddress } from './client-address.ts';

describe('the client address comes only from the configured number of proxies', () => {
  test('without a proxy the header is ignored', () => {
    expect(clientAddress('1.2.3.4', '10.0.0.1', 0)).toBe('10.0.0.1');
  });

  test('behind one proxy a client that forges the header gains nothing', () => {
    expect(clientAddress('6.6.6.6, 203.0.113.7', '10.0.0.1', 1)).toBe('203.0.113.7');
    expect(clientAddress('6.6.6.6, 5.5.5.5, 203.0.113.7', '10.0.0.1', 1)).toBe('203.0.113.7');
  });

  test('behind two proxies the second entry from the right of the header counts', () => {
    expect(clientAddress('6.6.6.6, 203.0.113.7, 192.0.2.1', '10.0.0.1', 2)).toBe('203.0.113.7');
  });

  test('a request that went round the proxies is known by its socket', () => {
    expect(clientAddress(null, '198.51.100.9', 1)).toBe('198.51.100.9');
    expect(clientAddress('6.6.6.6', '198.51.100.9', 2)).toBe('198.51.100.9');
  });

  test('an invalid address is undefined', () => {
    expect(clientAddress("' OR 1=1", '10.0.0.1', 1)).toBeUndefined();
    expect(clientAddress(null, undefined, 0)).toBeUndefined();
  });
});

test('ports, brackets and IPv4-mapped spellings are one address', () => {
  expect(clientAddress('203.0.113.7:4711', 'x', 1)).toBe('203.0.113.7');
  expect(clientAddress('[2001:DB8::1]:443', 'x', 1)).toBe('2001:db8::1');
  expect(clientAddress(null, '::ffff:10.1.2.3', 0)).toBe('10.1.2.3');
});
