import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail, toProblem, type ErrorCode } from '#lib/errors.ts';
import { createStandardHeaders } from '../http/security-headers.ts';

type Rejection = Extract<ErrorCode, 'too_large' | 'too_slow' | 'unavailable'>;

const REJECTION_MESSAGES: Record<Rejection, { en: string; ru: string }> = {
  too_large: {
    en: 'The request body is too large.',
    ru: 'Тело запроса слишком большое.',
  },
  too_slow: {
    en: 'The body did not arrive in time. Send the request again.',
    ru: 'Тело запроса не пришло вовремя. Отправьте запрос ещё раз.',
  },
  unavailable: {
    en: 'Too many requests at once. Try again in a moment.',
    ru: 'Слишком много запросов сразу. Повторите через минуту.',
  },
};

/** In milliseconds. */
const LINGER_MS = 1_000;
/** In bytes: the largest body that any route accepts. */
const MAX_DRAINED_BYTES = 1_048_576;

/** Adds the standard headers to a request that does not pass proxy.ts. */
export function applyStandardHeaders(request: IncomingMessage, response: ServerResponse): void {
  const marks = createStandardHeaders(request.url ?? '/');
  Object.assign(request.headers, marks.request);
  for (const [name, value] of Object.entries(marks.response)) response.setHeader(name, value);
}

/** Rejects a request before Next: with a problem document on API routes, otherwise in plain text. */
export function sendRejection(request: IncomingMessage, response: ServerResponse, code: Rejection): void {
  applyStandardHeaders(request, response);
  const problem = toProblem(fail(code, REJECTION_MESSAGES[code].en));
  const isApi = request.url?.startsWith('/api/') === true;
  response.statusCode = problem.status;
  response.setHeader('Content-Type', isApi ? 'application/problem+json' : 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  if (code === 'unavailable') response.setHeader('Retry-After', '1');
  response.end(isApi ? JSON.stringify(problem) : `${REJECTION_MESSAGES[code].en}\n${REJECTION_MESSAGES[code].ru}\n`);
}

/**
 * Closes the connection of a request that is answered before its body was read. The response says `Connection: close`, because a client
 * that has sent everything would reuse the connection; the socket stays open for a moment, because a client that is still sending would
 * otherwise get a reset instead of the response.
 */
export function closeIfBodyUnread(request: IncomingMessage, response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => ServerResponse;
  response.writeHead = (...all: unknown[]) => {
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request);
    }
    return writeHead(...all);
  };
}

/** Node destroys the socket after the last response, and unread data then causes a reset. */
function linger({ socket, headers }: IncomingMessage): void {
  socket.destroySoon = () => {
    socket.end();
    // Draining costs memory too: only bodies up to the size of an agent's batch are read to their end.
    if (!(Number(headers['content-length']) <= MAX_DRAINED_BYTES)) setImmediate(() => socket.pause());
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}
