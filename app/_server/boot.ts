import { format } from 'node:util';
import type { Instrumentation } from 'next';
import { errorCode, isTransient } from '#lib/db/transient.ts';
import { env, EnvError } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { drainConnectionsOnShutdown } from './gate/drain.ts';
import { exchanges, isClientError } from './gate/exchange.ts';
import { guardRequestsAndBodies } from './gate/gates.ts';
import { recordPeerAddresses } from './http/peer.ts';
import { REQUEST_ID_HEADER } from './http/request-id.ts';

/** Validates the environment and exits with one message when it is invalid; installs the request filters. */
export function boot(): void {
  try {
    env();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  if (process.env.NODE_ENV === 'production') redirectConsoleToLog();
  recordPeerAddresses();
  guardRequestsAndBodies();
  drainConnectionsOnShutdown();
}

type RequestError = Parameters<Instrumentation.onRequestError>;

/**
 * Logs unexpected errors of pages, handlers and actions with the request id. Requests that failed before application code ran are client
 * errors and logged at debug level; an unavailable database is logged without a stack.
 */
export function logRequestError(error: RequestError[0], request: RequestError[1], context: RequestError[2]): void {
  const about = { requestId: request.headers[REQUEST_ID_HEADER], method: request.method, route: context.routePath };
  const exchange = exchanges.getStore();
  if (isTransient(error)) {
    if (exchange !== undefined) exchange.overrideCode = 'unavailable';
    log.warn({ ...about, cause: errorCode(error) }, 'database unavailable');
  } else if (exchange !== undefined && isClientError(exchange)) log.debug({ ...about, err: error }, 'request refused');
  else log.error({ ...about, err: error }, 'request failed');
}

/** Maximum length of a line from a library, in characters. */
const MAX_TEXT = 1_000;

/**
 * Redirects console output of Next and libraries to the application log, one JSON line each, of bounded length. Output during a request is
 * logged at `debug`, because any visitor can cause it; our own errors are logged by `onRequestError` and the handlers.
 */
function redirectConsoleToLog(): void {
  const levels = { error: 'error', warn: 'warn', info: 'info', log: 'info', debug: 'debug', trace: 'debug' } as const;
  for (const [method, level] of Object.entries(levels))
    // eslint-disable-next-line no-console -- console output is redirected to the log
    console[method as keyof typeof levels] = (...texts: unknown[]) =>
      log[exchanges.getStore() === undefined ? level : 'debug']({ printed: true }, format(...texts).slice(0, MAX_TEXT));
}
