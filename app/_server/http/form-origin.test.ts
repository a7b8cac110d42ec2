import { expect, test } from 'vitest';
import { expectedFormHost } from './form-origin.ts';

const CONFIGURED = 'https://app.example.test';

test('a form is ours by the configured address, whatever a proxy made of the host', () => {
  for (const host of ['app.example.test', 'golive_upstream', '10.0.0.7:3000', 'localhost', null])
    for (const origin of [CONFIGURED, null])
      expect(expectedFormHost(CONFIGURED, { origin, host }), `${origin} at ${host}`).toBe('app.example.test');
  expect(
    expectedFormHost('https://app.example.test:8443', {
      origin: 'https://app.example.test:8443',
      host: 'app.example.test',
    }),
  ).toBe('app.example.test:8443');
  expect(expectedFormHost('https://APP.example.test:443', { origin: CONFIGURED, host: null })).toBe('app.example.test');
});

test('a form of another address is not, also where that is the host that the request names', () => {
  for (const origin of [
    'https://evil.example',
    'http://app.example.test',
    'https://app.example.test:8443',
    'https://app.example.test.evil.example',
    'https://sub.app.example.test',
    'null',
    '',
    'http://',
    'https://app.example.test/',
    'https://app.example.test, https://evil.example',
    'http://127.0.0.1:3000',
  ])
    for (const host of ['app.example.test', 'evil.example', '127.0.0.1:3000', null])
      expect(expectedFormHost(CONFIGURED, { origin, host }), `${origin} at ${host}`).toBeNull();
});

test('on one’s own machine the numbers of the machine are ours as well, a name is not', () => {
  const local = 'http://localhost:3000';
  const ask = (origin: string, host: string) => expectedFormHost(local, { origin, host });
  expect(ask('http://127.0.0.1:3000', '127.0.0.1:3000')).toBe('127.0.0.1:3000');
  expect(ask('http://192.168.1.7:3000', '192.168.1.7:3000')).toBe('192.168.1.7:3000');
  expect(ask('http://[::1]:3000', '[::1]:3000')).toBe('[::1]:3000');
  expect(ask('http://evil.example:3000', 'evil.example:3000')).toBeNull();
  expect(ask('http://127.0.0.1:4000', '127.0.0.1:3000')).toBeNull();
  expect(ask('https://127.0.0.1:3000', '127.0.0.1:3000')).toBeNull();
});
