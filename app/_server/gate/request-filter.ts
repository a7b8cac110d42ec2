import { subscribe } from 'node:diagnostics_channel';
import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { FAULT_SIGNAL } from '#lib/release/signals.ts';
import { log } from '#lib/log.ts';
import { exchanges, type Exchange } from './exchange.ts';
import { overrideServerErrors } from './error-override.ts';
import { plainResponse } from './plain-response.ts';
import { closeIfBodyUnread } from './reject-request.ts';
import { validateRequestHead } from './validate-request.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';
import { findRoute } from './route-methods.ts';

/**
 * Stands between Node's server and the gate of bodies: refuses what no route of ours can mean, and has the last word on answers of 500. Called once at boot;
 * a server is known by its first connection after that, since Next listens before it boots.
 */
export function filterRequests(development = process.env.NODE_ENV === 'development'): void {
  const attached = new WeakSet<Server>();
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: Socket & { server?: unknown } }).socket;
    if (!isHttp(server) || attached.has(server)) return;
    attached.add(server);
    const listeners = server.listeners('request');
    server.removeAllListeners('request');
    server.on('request', (request, response) => {
      const next = () => listeners.forEach((listener) => void listener.call(server, request, response));
      handleRequest(request, response, next, development);
    });
    // Only development tools use upgraded connections. Without a listener the request is handled as an ordinary one.
    if (!development) server.removeAllListeners('upgrade');
    server.on('connect', (_request, socket) =>
      socket.end('HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n\r\n'),
    );
  });
}

const isHttp = (server: unknown): server is Server => server instanceof Server;

function handleRequest(
  request: IncomingMessage,
  response: ServerResponse,
  next: () => void,
  development: boolean,
): void {
  const { method = '', headers } = request;
  if (method === 'OPTIONS' && request.url === '*')
    return void response.writeHead(204, { Allow: 'GET, HEAD, OPTIONS, POST' }).end();
  const target = (request.url = originForm(request.url ?? ''));
  const [path = ''] = target.split('?');
  const isApi = /^\/api(\/|$)/.test(path);
  const fault = validateRequestHead({ method, target, headers, rawHeaders: request.rawHeaders }, development);
  if (fault !== null) {
    const answer = plainResponse(fault.failure, isApi);
    closeIfBodyUnread(request, response);
    response.writeHead(answer.status, { ...answer.headers, ...fault.headers }).end(answer.body);
    return;
  }
  const route = findRoute(path);
  if (method === 'OPTIONS' && route?.kind === 'page') {
    response.writeHead(204, { Allow: route.methods.join(', ') }).end();
    return;
  }
  // API handlers catch their own errors.
  const exchange: Exchange = { handlerStarted: false, parsedByNext: !isApi && isParsedByNext(request) };
  const onServerError = (status: number) => {
    const requestId = response.getHeader(REQUEST_ID_HEADER);
    log.error({ signal: FAULT_SIGNAL, status, method, requestId }, 'internal server error');
  };
  overrideServerErrors(response, { exchange, isApi, onServerError });
  exchanges.run(exchange, next);
}

/** RFC 9112, section 3.2.2: a server must accept the absolute form, which proxies send. */
const originForm = (target: string): string => target.replace(/^https?:\/\/[^/?#]*(?=[/?]|$)/i, '') || '/';

const isParsedByNext = ({ method, headers }: IncomingMessage): boolean =>
  method === 'POST' || Object.keys(headers).some((name) => name === 'rsc' || name.startsWith('next-'));
