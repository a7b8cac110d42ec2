import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardRequestsAndBodies } from '../../app/_server/gate/gates.ts';

/** A server with the gates of the app and nothing behind it. Prints its port. */
const server = createServer((request, response) => {
  if (request.url === '/api/agent/events') return void response.writeHead(401).end();
  request.resume();
  request.on('end', () => response.end('ok'));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
guardRequestsAndBodies();
