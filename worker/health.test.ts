import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { serveHealth } from './health.ts';
import { newStatus } from './status.ts';

test('a worker that picks nothing up while work waits says so to whoever may restart it', async () => {
  const status = { ...newStatus(0), subscribed: true, databaseAt: Date.now(), waitSeconds: 90 };
  const server = await serveHealth({ port: 0 }, status);
  const { port } = server.address() as AddressInfo;
  const probe = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
  const all = () => Promise.all(['/alive', '/ready', '/stuck', '/', '/else'].map(probe));
  expect(await all()).toEqual([200, 200, 503, 503, 404]);
  status.pickedUpAt = Date.now();
  expect(await all()).toEqual([200, 200, 200, 200, 404]);
  status.subscribed = false;
  expect(await all(), 'it drains').toEqual([200, 503, 200, 503, 404]);
  server.close();
});
