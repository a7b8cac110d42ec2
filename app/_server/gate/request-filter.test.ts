import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { log } from '#lib/log.ts';
import { exchanges, markHandlerStarted, throwBadRequest } from './exchange.ts';
import { guardRequestsAndBodies } from './gates.ts';

vi.setConfig({ testTimeout: 60_000 });

/** Stands where Next does; what it does is told by the query. */
const server = createServer((request, response) => {
  served.push(request.url ?? '');
  const how = new URLSearchParams(request.url?.split('?')[1]);
  if (how.has('reach')) markHandlerStarted();
  void once(request.resume(), 'end').then(() => answer(how.get('with'), response));
});
const served: string[] = [];

function answer(how: string | null, response: ServerResponse): void {
  try {
    if (how === 'refusal') throwBadRequest('not ours');
    const exchange = exchanges.getStore();
    if (how === 'away' && exchange !== undefined) exchange.overrideCode = 'unavailable';
    if (how === null) return void response.end('served');
    throw new Error('broken');
  } catch {
    response.writeHead(500, { 'Content-Type': 'text/html', 'X-Next': 'x' }).end('of Next');
  }
}

beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none');
  vi.stubEnv('NEXTAUTH_SECRET', 'only-for-tests-only-for-tests-only-for-tests');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  guardRequestsAndBodies(500);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends bytes as they are; what the server answers until it closes the connection. */
async function exchange(first: string, more = ''): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(
    `${first} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}${more.includes('\r\n\r\n') ? '' : '\r\n'}`,
  );
  let text = '';
  for await (const part of socket) text += String(part);
  return text;
}

const FORM = 'Content-Type: multipart/form-data; boundary=b\r\n';
const unfinished = `${FORM}Content-Length: 100\r\n\r\nabc`;
const whole = `${FORM}Content-Length: 3\r\n\r\nabc`;

test('a request that cannot be for us is answered at once, also when its body does not come, and Next is not asked', async () => {
  served.length = 0;
  for (const [first, body, status] of [
    ['PUT /login', unfinished, 405],
    ['DELETE /api/health', unfinished, 405],
    ['POST /api/audit', 'Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n', 405],
    ['POST /api/health', 'Expect: 100-continue\r\nContent-Length: 9000000\r\n\r\n', 405],
    ['POST /api/nothing', unfinished, 404],
    ['POST /%ff', unfinished, 400],
    ['POST /login', 'Content-Type: text/plain\r\nContent-Length: 100\r\n\r\nabc', 415],
  ] as const) {
    const text = await exchange(first, body);
    expect(text, first).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(/\r\nallow: \S/i.test(text), first).toBe(status === 405);
    expect(text.includes('application/problem+json'), first).toBe(first.includes('/api/'));
    expect(text.toLowerCase(), first).toContain('x-content-type-options: nosniff');
  }
  // What the route takes is waited for.
  expect(await exchange('POST /login', unfinished)).toMatch(/^HTTP\/1.1 408 /);
  expect(served).toEqual([]);
});

test('what Next answers goes through, and the addresses of proxies and OPTIONS are understood', async () => {
  expect(await exchange('GET /login?q=100%')).toMatch(/^HTTP\/1.1 200 [^]+served/);
  expect(await exchange('GET http://a.example/login')).toMatch(/^HTTP\/1.1 200 /);
  expect(served.at(-1)).toBe('/login');
  expect(await exchange('OPTIONS *')).toMatch(/^HTTP\/1.1 204 [^]+Allow: /);
  expect(await exchange('OPTIONS /login')).toMatch(/^HTTP\/1.1 204 [^]+Allow: GET, HEAD, OPTIONS, POST/);
  expect(await exchange('CONNECT a.example:443')).toMatch(/^HTTP\/1.1 405 [^]+Allow: /);
});

test('a 500 is ours only when code of ours had begun: else it is 400, and 503 while the database is away', async () => {
  const status = async (first: string, more = '') => Number(/^HTTP\/1.1 (\d+)/.exec(await exchange(first, more))?.[1]);
  expect(await status('POST /login?with=fault', whole)).toBe(400);
  expect(await status('POST /login?with=refusal&reach', whole)).toBe(400);
  expect(await status('POST /login?with=away&reach', whole)).toBe(503);
  expect(await status('GET /login?with=away&reach')).toBe(503);
  expect(await status('GET /login?with=fault', 'RSC: 1\r\n')).toBe(400);
  const replaced = await exchange('POST /login?with=fault', whole);
  expect(replaced).not.toMatch(/of Next|X-Next/);
  const told = vi.spyOn(log, 'error').mockReturnValue(undefined);
  expect(await status('POST /login?with=fault&reach', whole)).toBe(500);
  expect(await status('GET /login?with=fault')).toBe(500);
  expect(told.mock.calls.map(([about]) => about)).toMatchObject([{ status: 500 }, { status: 500 }]);
  told.mockRestore();
});
