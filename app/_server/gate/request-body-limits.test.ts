import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { limitRequestBodies } from './request-body-limits.ts';
import { FORM_BYTES } from '#lib/access/body-limits.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Milliseconds that a body may take here. */
const WITHIN_MS = 500;

/** Says what it was asked and how much it got; a request for /api/agent/events is answered before its body is read. */
const server = createServer((request, response) => {
  served.push(request.url ?? '');
  if (request.url === '/api/agent/events') return void response.writeHead(401).end();
  let size = 0;
  request.on('data', (part: Buffer) => (size += part.length));
  request.on('end', () => response.end(`got ${size}`));
});
const served: string[] = [];

beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none');
  vi.stubEnv('NEXTAUTH_SECRET', 'only-for-tests-only-for-tests-only-for-tests');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  limitRequestBodies(WITHIN_MS);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends bytes as they are; what the server answers until it closes the connection, or until `enough` is seen. */
async function exchange(text: string, enough = /\r\n\r\n[^]+/): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.setNoDelay(true).write(text);
  let answer = '';
  for await (const part of socket) if (enough.test((answer += String(part)))) break;
  return answer;
}

const post = (path: string, length: number, body: string, more = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n${more}\r\n${body}`;
const chunked = (path: string, parts: string[]) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n` +
  parts.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join('');

test('a body within the limit of its route arrives whole, also in parts and when the client asks first', async () => {
  const largest = 'x'.repeat(FORM_BYTES);
  expect(await exchange(post('/account', FORM_BYTES, largest))).toContain(`got ${FORM_BYTES}`);
  expect(await exchange(chunked('/account', ['abc', largest.slice(3), '']))).toContain(`got ${FORM_BYTES}`);
  expect(await exchange(post('/account', 3, 'abc', 'Expect: 100-continue\r\n'), /got/)).toMatch(
    /^HTTP\/1.1 100 [^]+got 3/,
  );
  expect(await exchange('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).toContain('got 0');
});

test('a body over the limit is answered with Connection: close', async () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const path of ['/api/agent/events', '/account']) {
    const body = 'x'.repeat(2 * 1024 * 1024);
    for (let n = 0; n < 3; n++) {
      const refused = await fetch(origin + path, { method: 'POST', body });
      expect([refused.status, refused.headers.get('connection')], path).toEqual([
        path === '/account' ? 413 : 401,
        'close',
      ]);
      await refused.text();
      expect(await (await fetch(`${origin}/next`)).text()).toBe('got 0');
    }
  }
});

test('one connection serves several bodies sequentially', async () => {
  const two = post('/account', 3, 'abc') + chunked('/login', ['a', '']);
  expect(await exchange(two, /got 1/)).toMatch(/got 3[^]+got 1/);
});

test('a too large Content-Length is rejected before the body is read and without 100 Continue', async () => {
  served.length = 0;
  for (const [path, length] of [
    ['/account', FORM_BYTES + 1],
    ['/login?callbackUrl=%2F', 16_385],
    ['/reset/token', 16_385],
    ['/api/auth/callback/credentials', 16_385],
    ['/api/health', 1_025],
    ['/api/audit/export', 1_025],
    ['/_next/image', 1_025],
    ['/', Number.MAX_SAFE_INTEGER],
    ['http://a/account', 1_025],
    ['/api/agent/events/x', 1_025],
  ] as const) {
    expect(await exchange(post(path, length, '')), path).toMatch(/^HTTP\/1.1 413 /);
    expect(await exchange(post(path, length, '', 'Expect: 100-continue\r\n')), path).toMatch(/^HTTP\/1.1 413 /);
  }
  expect(served).toEqual([]);
});

test('a body that becomes too large is refused while it comes', async () => {
  served.length = 0;
  const part = 'x'.repeat(FORM_BYTES / 2);
  expect(await exchange(chunked('/account', [part, part, 'x']))).toMatch(/^HTTP\/1.1 413 /);
  expect(await exchange(chunked('/login', [part]))).toMatch(/^HTTP\/1.1 413 /);
  expect(served).toEqual([]);
});

test('a body that dawdles is cut, and the connection is closed', async () => {
  served.length = 0;
  const never = /^$/;
  expect(await exchange(post('/login', 100, 'abc'), never)).toMatch(/^HTTP\/1.1 408 [^]+вовремя/);
  expect(await exchange(chunked('/api/auth/callback/credentials', ['abc']), never)).toMatch(/^HTTP\/1.1 408 /);
  expect(served).toEqual([]);
});

test('ingest requests are streamed to their handler; a connection with an unread body is closed', async () => {
  const answer = await exchange(post('/api/agent/events', 1_000_000, 'abc'), /^$/);
  expect(answer).toMatch(/^HTTP\/1.1 401 /);
  expect(answer.toLowerCase()).toMatch(/x-request-id: \S+/);
  expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
});

test('a rejection is a problem document on the APIs and text in both languages elsewhere, with the common response headers', async () => {
  const problem = await exchange(post('/api/audit', 2_000, ''));
  expect(problem).toMatch(/content-type: application\/problem\+json/i);
  expect(JSON.parse(problem.split('\r\n\r\n')[1] ?? '')).toMatchObject({
    type: 'urn:golive:problem:too_large',
    status: 413,
  });
  const words = await exchange(post('/account', FORM_BYTES + 1, ''));
  expect(words).toMatch(/too large\.\nТело запроса слишком большое/);
  for (const answer of [problem, words]) {
    expect(answer.toLowerCase()).toContain('content-security-policy:');
    expect(answer.toLowerCase()).toContain('x-frame-options: deny');
  }
});
