import { AsyncResource } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { Server, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { bodyRule } from '#lib/access/body-limits.ts';
import { explainStaleForm } from './stale-form.ts';
import { closeIfBodyUnread, applyStandardHeaders, sendRejection } from './reject-request.ts';
import { withConcurrencyLimit } from './request-concurrency.ts';

/** Time limit for receiving a body, in milliseconds; the server itself reads at most 64 KiB. */
const BODY_TIMEOUT_MS = 10_000;
/** Total size of partially received bodies in this process, in bytes. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;
/** Time limits for the headers and for a whole request, in milliseconds. Node checks twice a minute and answers 408. */
const HEADERS_TIMEOUT_MS = 15_000;
const REQUEST_TIMEOUT_MS = 60_000;

/** Requests with `Expect: 100-continue` whose body has not been requested yet. */
const awaitingContinue = new WeakSet<IncomingMessage>();

let bufferedBytes = 0;

/**
 * Buffers request bodies within limits of size and time before Next sees the request, because Next would buffer any body before it calls a
 * handler. Called once at startup; servers are found by their first connection, since Next listens before it runs instrumentation.
 */
export function limitRequestBodies(timeoutMs = BODY_TIMEOUT_MS): void {
  const attached = new WeakSet<Server>();
  subscribe('net.server.socket', (message) => {
    const { server } = (message as { socket: Socket & { server?: unknown } }).socket;
    if (!isHttp(server) || attached.has(server)) return;
    attached.add(server);
    attach(server, timeoutMs);
  });
}

const isHttp = (server: unknown): server is Server => server instanceof Server;

function attach(server: Server, timeoutMs: number): void {
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  const handleRequest = (request: IncomingMessage, response: ServerResponse, sendContinue: () => void) => {
    explainStaleForm(request, response);
    // The last part of a body, and the turn of a request, come from elsewhere: what is known of the exchange goes with it.
    const start = AsyncResource.bind(() =>
      listeners.forEach((listener) => void listener.call(server, request, response)),
    );
    const serve = () =>
      withConcurrencyLimit(request, response, start, () => sendRejection(request, response, 'unavailable'));
    if (bodyRule(request.url ?? '/').by === 'handler') applyStandardHeaders(request, response);
    if (hasBody(request)) receiveBody({ request, response, serve, sendContinue, timeoutMs });
    else serve();
  };
  server.on('request', (request, response) =>
    handleRequest(request, response, () => awaitingContinue.delete(request) && response.writeContinue()),
  );
  // Clients that send `Expect: 100-continue`, as curl does, get the 100 only when the body is accepted.
  server.on('checkContinue', (request, response) => {
    awaitingContinue.add(request);
    server.emit('request', request, response);
  });
}

const hasBody = ({ headers }: IncomingMessage) =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

interface PendingRequest {
  request: IncomingMessage;
  response: ServerResponse;
  /** Passes the request to Next. */
  serve: () => void;
  /** Sends `100 Continue`. */
  sendContinue: () => void;
  timeoutMs: number;
}

function receiveBody({ request, response, serve, sendContinue, timeoutMs }: PendingRequest): void {
  closeIfBodyUnread(request, response);
  const rule = bodyRule(request.url ?? '/');
  if (rule.by === 'handler') {
    sendContinue();
    serve();
  } else if (Number(request.headers['content-length'] ?? 0) > rule.bytes) sendRejection(request, response, 'too_large');
  else bufferBody({ request, response, serve, sendContinue, timeoutMs }, rule.bytes);
}

/** Buffers the chunks of a body in the request until it is complete. */
function bufferBody({ request, response, serve, sendContinue, timeoutMs }: PendingRequest, bytes: number): void {
  const forward = request.push.bind(request);
  let size = 0;
  const release = () => {
    clearTimeout(deadline);
    bufferedBytes -= size;
    size = 0;
    request.off('close', release);
  };
  const abort = (code: Parameters<typeof sendRejection>[2]) => {
    release();
    // Chunks that arrive after the rejection are dropped.
    request.push = () => true;
    sendRejection(request, response, code);
  };
  const deadline = setTimeout(() => abort('too_slow'), timeoutMs);
  request.once('close', release);
  request.push = (part: Buffer | null) => {
    if (part === null) {
      release();
      Reflect.deleteProperty(request, 'push');
      forward(null);
      serve();
      return false;
    }
    size += part.length;
    bufferedBytes += part.length;
    if (size > bytes) abort('too_large');
    else if (bufferedBytes > MAX_BUFFERED_BYTES) abort('unavailable');
    else forward(part);
    // Keep reading although the stream's own buffer may be full: the limit above bounds it.
    return true;
  };
  sendContinue();
}
