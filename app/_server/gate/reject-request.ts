import type { IncomingMessage, ServerResponse } from 'node:http';
import { fail, toProblem, type ErrorCode } from '#lib/errors.ts';
import { newMarks } from '../http/standard-headers.ts';

type Refusal = Extract<ErrorCode, 'too_large' | 'too_slow' | 'unavailable'>;

const SAID: Record<Refusal, { en: string; ru: string }> = {
  too_large: {
    en: 'The body is larger than this address takes.',
    ru: 'Тело запроса больше, чем принимает этот адрес.',
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
/** In bytes: the largest body that any address takes. */
const WORTH_READING = 1_048_576;

/** What proxy.ts does for a request that it does not see. */
export function mark(request: IncomingMessage, response: ServerResponse): void {
  const marks = newMarks(request.url ?? '/');
  Object.assign(request.headers, marks.request);
  for (const [name, value] of Object.entries(marks.response)) response.setHeader(name, value);
}

/** Answers a request that Next is not asked: as a problem document on the APIs, in words elsewhere. */
export function refuse(request: IncomingMessage, response: ServerResponse, code: Refusal): void {
  mark(request, response);
  const problem = toProblem(fail(code, SAID[code].en));
  const isApi = request.url?.startsWith('/api/') === true;
  response.statusCode = problem.status;
  response.setHeader('Content-Type', isApi ? 'application/problem+json' : 'text/plain; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  if (code === 'unavailable') response.setHeader('Retry-After', '1');
  response.end(isApi ? JSON.stringify(problem) : `${SAID[code].en}\n${SAID[code].ru}\n`);
}

/**
 * Closes the connection of a request that is answered while its body is still coming: nobody wants the rest. The answer says so, since a client
 * that has sent everything would use the connection for its next request; and the socket stays for a moment, since a client that is
 * still sending reads an answer only when it is not reset at once.
 */
export function closeUnread(request: IncomingMessage, response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response) as (...all: unknown[]) => ServerResponse;
  response.writeHead = (...all: unknown[]) => {
    if (!request.complete) {
      response.shouldKeepAlive = false;
      linger(request);
    }
    return writeHead(...all);
  };
}

/** Node destroys the socket of a last answer once that is written, and what is unread then resets it. */
function linger({ socket, headers }: IncomingMessage): void {
  socket.destroySoon = () => {
    socket.end();
    // To read what nobody wants costs memory too: only what may be an honest batch of an agent is read to its end.
    if (!(Number(headers['content-length']) <= WORTH_READING)) setImmediate(() => socket.pause());
    setTimeout(() => socket.destroy(), LINGER_MS).unref();
  };
}
