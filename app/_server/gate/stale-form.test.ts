import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { explainStaleForm } from './stale-form.ts';

/** What a client gets that sends a form, or asks as Next's script does. */
async function send(answer: (response: ServerResponse) => void, headers: Record<string, string> = {}) {
  const server = createServer((request, response) => {
    explainStaleForm(request, response);
    answer(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const response = await fetch(url, { method: 'POST', headers, signal: AbortSignal.timeout(10_000) });
    return { status: response.status, text: await response.text() };
  } finally {
    server.close();
  }
}

const unknown = (response: ServerResponse) => {
  response.statusCode = 409;
  response.setHeader('x-nextjs-action-not-found', '1');
  return response;
};

test('an unknown action is explained, in whatever way Next sends its answer', async () => {
  const ways = [
    (response: ServerResponse) => void unknown(response).end('Server Action unavailable.'),
    (response: ServerResponse) => {
      unknown(response).flushHeaders();
      response.write('Server Action unavailable.');
      response.end();
    },
    (response: ServerResponse) => {
      unknown(response).write('Server Action unavailable.');
      response.end();
    },
  ];
  for (const way of ways) {
    const { status, text } = await send(way);
    expect(status).toBe(409);
    expect(text).toMatch(/before an update[^]+до обновления/);
    expect(text).not.toContain('unavailable');
    expect(await send(way, { 'next-action': 'x' })).toEqual({ status: 409, text: 'Server Action unavailable.' });
  }
});

test('every other answer is left as it is', async () => {
  const conflict = await send((response) => void response.writeHead(409).end('a conflict'));
  expect(conflict).toEqual({ status: 409, text: 'a conflict' });
  const parts = await send((response) => {
    response.write('one, ');
    response.end('two');
  });
  expect(parts).toEqual({ status: 200, text: 'one, two' });
});
