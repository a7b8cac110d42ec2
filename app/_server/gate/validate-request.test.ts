import { expect, test } from 'vitest';
import { validateRequestHead } from './validate-request.ts';

const asked = (method: string, target: string, headers: Record<string, string> = {}) =>
  validateRequestHead({ method, target, headers: { host: 'a', ...headers }, rawHeaders: [] });
const code = (...args: Parameters<typeof asked>) => asked(...args)?.failure.code ?? null;

test('a path is percent-encoded UTF-8 without empty parts and control characters', () => {
  for (const path of ['/%', '/%f', '/%ff', '/%ED%A0%80', '/%00', '/a%0Ab', '/a%7f', '//', '/a//b', '/\\a', 'login', ''])
    expect(code('GET', path), path).toBe('bad_request');
  for (const path of ['/', '/login', '/login/', '/reset/%D0%B6', '/reset/a%25', '/%D0%B6'])
    expect(code('GET', path), path).toBeNull();
});

test('a query may hold a percent sign that encodes nothing, as browsers send it, and line ends; neither NUL nor half a character', () => {
  for (const query of ['q=100%', 'q=%', 'q=%zz', 'q=%4', 'q=50%+of', 'a=%25', 'q=%D0%B6%', 'q=a%0Ab', '', '?', 'a?b=c'])
    expect(code('GET', `/login?${query}`), query).toBeNull();
  for (const query of ['q=%00', 'q=%ff', 'q=%ED%A0%80', '%c0%80=x', 'q=100%&b=%00'])
    expect(code('GET', `/login?${query}`), query).toBe('bad_request');
});

test('an address of more than 8,192 characters is too long', () => {
  expect(code('GET', `/login?${'a'.repeat(8_185)}`)).toBeNull();
  expect(code('GET', `/login?${'a'.repeat(8_186)}`)).toBe('uri_too_long');
});

test('hosts and origins are some', () => {
  for (const host of ['', ' ', 'a b', 'a/b', 'a:99999', 'a:b', '[::1', '[zz]', 'a,b', 'a@b', '%41'])
    expect(code('GET', '/login', { host }), host).toBe('bad_request');
  for (const host of ['a', 'a.example:443', '127.0.0.1:3000', '[::1]:3000'])
    expect(code('GET', '/login', { host }), host).toBeNull();
  for (const forwarded of ['', 'a,', 'a, b c', 'http://a'])
    expect(code('GET', '/login', { 'x-forwarded-host': forwarded }), forwarded).toBe('bad_request');
  expect(code('GET', '/login', { 'x-forwarded-host': 'a.example, b.example:8443' })).toBeNull();
  for (const origin of ['http://', 'x', '', 'http://[', 'file:///a', 'data:x'])
    expect(code('GET', '/login', { origin }), origin).toBe('bad_request');
  for (const origin of ['null', 'https://a.example', 'chrome-extension://abc'])
    expect(code('GET', '/login', { origin }), origin).toBeNull();
});

test('a header that holds one value is sent once', () => {
  const answer = (...rawHeaders: string[]) =>
    validateRequestHead({ method: 'GET', target: '/login', headers: { host: 'a' }, rawHeaders })?.failure.detail ??
    null;
  for (const name of ['Host', 'Origin', 'Authorization', 'Content-Type', 'Next-Action', 'ce-id', 'ce-anything'])
    expect(answer(name, 'a', 'Accept', 'x', name.toLowerCase(), 'a'), name).toMatch(/is sent more than once/);
  expect(
    answer('Host', 'ce-id', 'Origin', 'host', 'Cookie', 'a', 'Cookie', 'b', 'Accept', 'a', 'Accept', 'b'),
  ).toBeNull();
});

test('a wrong method is answered with those that the route takes, before anything else about it', () => {
  for (const [method, target, allow] of [
    ['PUT', '/login', 'GET, HEAD, OPTIONS, POST'],
    ['TRACE', '/', 'GET, HEAD, OPTIONS, POST'],
    ['GET', '/api/agent/events', 'OPTIONS, POST'],
    ['POST', '/api/health', 'GET, HEAD, OPTIONS'],
    ['DELETE', '/api/agent/batches/x', 'GET, HEAD, OPTIONS'],
    ['PATCH', '/nothing', 'GET, HEAD'],
    ['BREW', '/api/nothing', 'GET, HEAD'],
  ] as const)
    expect(asked(method, target), `${method} ${target}`).toMatchObject({
      failure: { code: 'method_not_allowed' },
      headers: { Allow: allow },
    });
});

test('there is nothing outside of the routes but the files of the build and the page that says so', () => {
  for (const target of ['/api/nothing', '/api', '/_next/image', '/_next/data/x', '/_error', '/_global-error'])
    expect(code('GET', target), target).toBe('not_found');
  expect(code('POST', '/nothing')).toBe('not_found');
  for (const target of ['/nothing', '/_next/static/x.js']) expect(code('GET', target), target).toBeNull();
  const ofDevelopment = { method: 'GET', target: '/_next/webpack-hmr', headers: { host: 'a' }, rawHeaders: [] };
  expect(validateRequestHead(ofDevelopment, true)).toBeNull();
});

test('a page takes forms and actions, and nothing else by POST', () => {
  expect(code('POST', '/login', { 'content-type': 'multipart/form-data; boundary=x' })).toBeNull();
  expect(code('POST', '/login', { 'next-action': 'x', 'content-type': 'text/plain' })).toBeNull();
  for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-dataset', ''])
    expect(asked('POST', '/login', { 'content-type': type })?.headers, type).toEqual({
      'Accept-Post': 'multipart/form-data',
    });
});
