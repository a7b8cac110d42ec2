import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { drainConnectionsOnShutdown } from './gate/drain.ts';

/** In milliseconds; far above the time that a test may take. */
const KEPT_ALIVE = 600_000;

test('a stopping server answers requests on keep-alive connections with Connection: close and loses none', async () => {
  const server = createServer({ keepAliveTimeout: KEPT_ALIVE }, (_, response) => response.end('done'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const { port } = server.address() as AddressInfo;
  const ask = async () => {
    const [response] = (await once(get({ port, agent }), 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.headers.connection;
  };
  drainConnectionsOnShutdown(60_000);
  expect(await ask()).toBe('keep-alive');
  const closed = new Promise((resolve) => {
    process.once('SIGTERM', () => server.close(resolve));
  });
  process.emit('SIGTERM');
  // The proxy's view: the connection is open, so it sends its next request on it.
  expect(await ask()).toBe('close');
  await closed;
  agent.destroy();
});
