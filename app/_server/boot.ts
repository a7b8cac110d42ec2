import type { Instrumentation } from 'next';
import { errorCode, isTransient } from '#lib/db/transient.ts';
import { env, EnvError } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { logConsole } from './console-log.ts';
import { drainConnectionsAtEnd } from './gate/drain.ts';
import { exchanges, isFaultOfRequest } from './gate/exchange.ts';
import { guardRequestsAndBodies } from './gate/gates.ts';
import { markPeers } from './http/peer.ts';
import { REQUEST_ID_HEADER } from './http/request-id.ts';

/** Stops the process with one clear message when the environment is unusable, before a request can meet it. */
export function boot(): void {
  try {
    env();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  if (process.env.NODE_ENV === 'production') logConsole();
  markPeers();
  guardRequestsAndBodies();
  drainConnectionsAtEnd();
}

type RequestError = Parameters<Instrumentation.onRequestError>;

/**
 * Logs what a page, handler or action did not expect, under the id that the response carries. What failed before code of ours saw it is the
 * fault of the request, and nothing that a stranger may write into the log; a database that is away needs no stack.
 */
export function logRequestError(error: RequestError[0], request: RequestError[1], context: RequestError[2]): void {
  const about = { requestId: request.headers[REQUEST_ID_HEADER], method: request.method, route: context.routePath };
  const exchange = exchanges.getStore();
  if (isTransient(error)) {
    if (exchange !== undefined) exchange.verdict = 'unavailable';
    log.warn({ ...about, cause: errorCode(error) }, 'database unavailable');
  } else if (exchange !== undefined && isFaultOfRequest(exchange))
    log.debug({ ...about, err: error }, 'request refused');
  else log.error({ ...about, err: error }, 'request failed');
}
