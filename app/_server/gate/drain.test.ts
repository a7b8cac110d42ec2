import { once } from 'node:events';
import { Agent, createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { drainConnectionsOnShutdown } from './drain.ts';

/** In milliseconds; what a server waits that nobody helps is far above the time that a test may take. */
const KEPT_ALIVE = 600_000;

test('a server stopped during its first request, received before start-up finished, exits after the response', async () => {
  const server = createServer({ keepAliveTimeout: KEPT_ALIVE });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true });
  const { port } = server.address() as AddressInfo;
  const request = get({ port, agent });
  const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse];

  drainConnectionsOnShutdown();
  // As Next does it: its own listener of the same signal stops listening.
  const closed = once(server, 'close');
  server.close();
  process.emit('SIGTERM');
  answer.end('done');

  const [response] = (await once(request, 'response')) as [{ statusCode: number; resume(): void }];
  response.resume();
  expect(response.statusCode).toBe(200);
  await closed;
  agent.destroy();
});
