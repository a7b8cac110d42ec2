import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { recordPeerAddresses, PEER_HEADER, readPeer } from './peer.ts';

/** Serves one request and tells the peer header that a handler saw. */
async function seenBy(headers: Record<string, string>): Promise<string | null> {
  const server = createServer((request, response) => response.end(request.headers[PEER_HEADER] ?? ''));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    return await (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  } finally {
    server.close();
  }
}

test('a forged peer header is not believed before boot and is overwritten after it', async () => {
  expect(readPeer(await seenBy({ [PEER_HEADER]: '6.6.6.6' }))).toBeUndefined();
  recordPeerAddresses();
  expect(readPeer(await seenBy({ [PEER_HEADER]: '6.6.6.6' }))).toBe('127.0.0.1');
  expect(readPeer(await seenBy({ [PEER_HEADER]: 'deadbeef 6.6.6.6' }))).toBe('127.0.0.1');
});

test('a request that this process sends on keeps the address of the first client', async () => {
  recordPeerAddresses();
  const mark = (await seenBy({})) ?? '';
  expect(readPeer(await seenBy({ [PEER_HEADER]: mark.replace('127.0.0.1', '203.0.113.9') }))).toBe('203.0.113.9');
});

test('a client address header without the secret of this process is ignored', () => {
  expect(readPeer(null)).toBeUndefined();
  expect(readPeer(' 6.6.6.6')).toBeUndefined();
  expect(readPeer('undefined 6.6.6.6')).toBeUndefined();
});
