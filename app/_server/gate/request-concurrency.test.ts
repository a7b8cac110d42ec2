import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { limitRequestBodies } from './request-body-limits.ts';

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

/** Answers when a test says so: each answer that is owed, by its path. */
const owed = new Map<string, ServerResponse>();
const server = createServer((request, response) => {
  if (request.url === '/api/health') return void response.end('alive');
  owed.set(request.url ?? '', response);
});
const clients: Socket[] = [];

beforeAll(async () => {
  vi.stubEnv('DATABASE_URL', 'postgres://nobody@127.0.0.1:1/none');
  vi.stubEnv('NEXTAUTH_SECRET', 'only-for-tests-only-for-tests-only-for-tests');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  limitRequestBodies();
});
beforeEach(async () => {
  clients.splice(0).forEach((client) => client.destroy());
  await until(async () => (await connections()) === 0);
  owed.clear();
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** However busy the machine is. */
const until = <T>(look: () => T | Promise<T>) => vi.waitUntil(look, { timeout: 60_000, interval: 5 });

const connections = () => new Promise<number>((resolve) => server.getConnections((_, count) => resolve(count)));

/** Sends requests for paths on one connection, all at once; `seen` is what has come back. */
function ask(...paths: string[]) {
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  clients.push(client);
  const exchange = { seen: '', closed: false };
  client.on('data', (part) => (exchange.seen += String(part)));
  client.on('error', () => undefined);
  client.on('close', () => (exchange.closed = true));
  client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  return exchange;
}

const untilOwed = (count: number) => until(() => owed.size >= count);
const answer = (path: string) => owed.get(path)?.end(`answer of ${path}`);

test('what a client sends before it has an answer is worked on one after the other, and too much of that ends the connection', async () => {
  const exchange = ask('/1', '/2', '/3');
  for (const path of ['/1', '/2', '/3']) {
    await until(() => owed.has(path));
    expect([...owed.keys()].at(-1)).toBe(path);
    answer(path);
    await until(() => exchange.seen.includes(`answer of ${path}`));
  }
  expect(owed.size).toBe(3);
  const flood = ask(...Array.from({ length: 100 }, (_, index) => `/flood/${index}`));
  await until(() => flood.closed);
  expect([...owed.keys()].filter((path) => path.startsWith('/flood/'))).toHaveLength(1);
});

test('concurrent requests are limited and queued, except health checks and ingest requests', async () => {
  const paths = Array.from({ length: 60 }, (_, index) => `/${index}`);
  const exchanges = paths.map((path) => ask(path));
  await untilOwed(24);
  const health = ask('/api/health');
  await until(() => health.seen.includes('alive'));
  ask('/api/agent/events');
  await untilOwed(25);
  expect(owed.size).toBe(25);
  for (let done = 0; done < paths.length; done++) {
    const path = await until(() => [...owed.keys()].find((path) => /^\/\d+$/.test(path)));
    answer(path);
    owed.delete(path);
  }
  await until(() => exchanges.every(({ seen }) => seen.includes('answer of')));
});

test('a slow or disconnected client does not occupy a slot', async () => {
  for (let index = 0; index < 48; index++) ask(`/${index}`);
  await untilOwed(24);
  for (const response of [...owed.values()].slice(0, 12)) response.write('the first byte, and nothing more');
  await untilOwed(36);
  clients.slice(12, 24).forEach((client) => client.destroy());
  await untilOwed(48);
});
