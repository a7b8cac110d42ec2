import { connect } from 'node:net';
import { COMMANDS } from '#lib/release/contract.ts';
import { freePort } from '../support/postgres/postgres.ts';
import { answers, startAsPlatform } from './support/platform.ts';
import { expect, test } from './support/test.ts';

test('a SIGTERM to the platform’s process lets the web server finish a request that it holds, and leaves no process', async ({
  site,
}) => {
  const port = await freePort();
  await using web = startAsPlatform(COMMANDS.start, site, { PORT: String(port) });
  await expect.poll(() => answers(`http://127.0.0.1:${port}/api/health`)).toBe(true);

  // Kept alive, as a load balancer does: such a connection must not hold up the end either.
  const body = 'a=1';
  const request = connect(port, '127.0.0.1');
  let answer = '';
  request.on('data', (chunk) => (answer += chunk.toString()));
  const closed = new Promise((resolve) => request.on('close', resolve));
  request.on('error', () => undefined);
  request.write(
    `POST /api/auth/callback/credentials HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n` +
      `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`,
  );
  // Another answer on another connection shows that the server has read this far.
  expect(await answers(`http://127.0.0.1:${port}/api/health`)).toBe(true);
  web.terminate();
  await expect.poll(() => answers(`http://127.0.0.1:${port}/api/health`), 'takes nothing new').toBe(false);
  request.write(body);
  await closed;
  expect(answer, web.output()).toMatch(/^HTTP\/1\.1 [234]\d\d /);
  await web.ended;
  await expect.poll(web.left, web.output()).toEqual([]);
});

for (const [whose, whole] of [
  ['the platform’s process', false],
  ['its whole group', true],
] as const) {
  test(`a SIGTERM to ${whose} lets the worker drain, and leaves no process`, async ({ site }) => {
    const port = await freePort();
    await using worker = startAsPlatform(COMMANDS.worker, site, { WORKER_PORT: String(port) });
    await expect.poll(() => answers(`http://127.0.0.1:${port}/ready`)).toBe(true);
    worker.terminate({ whole });
    await worker.ended;
    await expect.poll(worker.left, worker.output()).toEqual([]);
    expect(worker.output()).toContain('worker stopped');
  });
}
