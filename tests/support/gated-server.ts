import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { guardBodies } from '../../app/_server/body-gate.ts';

/** A server with the gate of the app and nothing behind it. Prints its port. */
const server = createServer((request, response) => {
  if (request.url === '/api/agent/events') return void response.writeHead(401).end();
  request.resume();
  request.on('end', () => response.end('ok'));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
guardBodies();
