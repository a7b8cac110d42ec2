import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { bodyRule } from '#lib/access/body-limits.ts';
import { explainOutdatedForm } from './stale-form.ts';
import { closeUnread, mark, refuse } from './reject-request.ts';
import { inTurn } from './request-concurrency.ts';

/** Milliseconds for the largest body that the server itself reads, which is 64 KiB. */
const BODY_WITHIN_MS = 10_000;
/** Bytes of unfinished bodies in this process, all requests together. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** Milliseconds for the headers, and for a whole request. Node looks twice a minute, and answers 408. */
const HEADERS_WITHIN_MS = 15_000;
const REQUEST_WITHIN_MS = 60_000;

/** Requests whose client sends the body only when it is told so. */
const waitingForWord = new WeakSet<IncomingMessage>();

let heldBytes = 0;

/**
 * Lets a request with a body on to Next when the body is whole and small, and refuses it before or while it comes otherwise: Next would
 * buffer whatever comes before it asks any handler, and waits for the end of it. Called once at boot; a server is known by its first
 * connection after that, since Next listens before it boots.
 */
export function guardBodies(withinMs = BODY_WITHIN_MS): void {
  const guarded = new WeakSet<Server>();
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: Socket & { server?: unknown } }).socket;
    if (!isHttp(server) || guarded.has(server)) return;
    guarded.add(server);
    guard(server, withinMs);
  });
}

const isHttp = (server: unknown): server is Server => server instanceof Server;

function guard(server: Server, withinMs: number): void {
  server.headersTimeout = HEADERS_WITHIN_MS;
  server.requestTimeout = REQUEST_WITHIN_MS;
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  const admit = (request: IncomingMessage, response: ServerResponse, invite: () => void) => {
    explainOutdatedForm(request, response);
    // The last part of a body, and the turn of a request, come from elsewhere: what is known of the exchange goes with it.
    const start = AsyncResource.bind(() =>
      listeners.forEach((listener) => void listener.call(server, request, response)),
    );
    const serve = () => inTurn(request, response, start, () => refuse(request, response, 'unavailable'));
    if (bodyRule(request.url ?? '/').by === 'handler') mark(request, response);
    if (hasBody(request)) takeBody({ request, response, serve, invite, withinMs });
    else serve();
  };
  server.on('request', (request, response) =>
    admit(request, response, () => waitingForWord.delete(request) && response.writeContinue()),
  );
  // Whoever asks first, as curl does, is told to go on only when the body may come.
  server.on('checkContinue', (request, response) => {
    waitingForWord.add(request);
    server.emit('request', request, response);
  });
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

interface Arrival {
  request: IncomingMessage;
  response: ServerResponse;
  /** Hands the request to Next. */
  serve: () => void;
  /** Tells the client to send the body. */
  invite: () => void;
  withinMs: number;
}

function takeBody({ request, response, serve, invite, withinMs }: Arrival): void {
  closeUnread(request, response);
  const rule = bodyRule(request.url ?? '/');
  if (rule.by === 'handler') {
    invite();
    serve();
  } else if (Number(request.headers['content-length'] ?? 0) > rule.bytes) refuse(request, response, 'too_large');
  else holdBody({ request, response, serve, invite, withinMs }, rule.bytes);
}

/** Keeps the parts of a body within the request until the last one is there; whoever reads it then finds it whole. */
function holdBody({ request, response, serve, invite, withinMs }: Arrival, bytes: number): void {
  const keep = request.push.bind(request);
  let size = 0;
  const settle = () => {
    clearTimeout(deadline);
    heldBytes -= size;
    size = 0;
    request.off('close', settle);
  };
  const giveUp = (code: Parameters<typeof refuse>[2]) => {
    settle();
    // What still comes on the way out is not kept.
    request.push = () => true;
    refuse(request, response, code);
  };
  const deadline = setTimeout(() => giveUp('too_slow'), withinMs);
  request.once('close', settle);
  request.push = (part: Buffer | null) => {
    if (part === null) {
      settle();
      Reflect.deleteProperty(request, 'push');
      keep(null);
      serve();
      return false;
    }
    size += part.length;
    heldBytes += part.length;
    if (size > bytes) giveUp('too_large');
    else if (heldBytes > MAX_HELD_BYTES) giveUp('unavailable');
    else keep(part);
    // Node reads on, also where the request's own buffer is full: the limit here is the smaller one, or not much larger.
    return true;
  };
  invite();
}
