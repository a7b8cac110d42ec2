import type { Instrumentation } from 'next';
import { env, EnvError } from '#lib/env.ts';
import { log } from '#lib/log.ts';
import { guardBodies } from './body-gate.ts';
import { drainConnectionsAtEnd } from './drain.ts';
import { markPeers } from './peer.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** Stops the process with one clear message when the environment is unusable, before a request can meet it. */
export function boot(): void {
  try {
    env();
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
  markPeers();
  guardBodies();
  drainConnectionsAtEnd();
}

type RequestError = Parameters<Instrumentation.onRequestError>;

/** Logs what a page, handler or action did not expect, under the id that the response carries. */
export function logRequestError(error: RequestError[0], request: RequestError[1], context: RequestError[2]): void {
  const requestId = request.headers[REQUEST_ID_HEADER];
  log.error({ requestId, method: request.method, route: context.routePath, err: error }, 'request failed');
}
