import type { ServerResponse } from 'node:http';
import { DATABASE_UNAVAILABLE } from '#lib/db/transient.ts';
import { fail, type Failure } from '#lib/errors.ts';
import { isClientError, type Exchange } from './exchange.ts';
import { plainResponse } from './plain-response.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';

interface OverrideOptions {
  exchange: Exchange;
  isApi: boolean;
  /** Called once for a 5xx response that is not replaced. */
  onServerError: (status: number) => void;
}

const BAD_REQUEST = fail('bad_request', 'The request is malformed.');

/**
 * Replaces Next's 500 responses: 503 while the database is unavailable, 400 for malformed requests that failed before application code ran.
 * Pages cannot set these statuses themselves (only 401, 403 and 404), and Next's own parsers throw.
 */
export function overrideServerErrors(response: ServerResponse, circumstances: OverrideOptions): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  let state: 'open' | 'decided' | 'replaced' = 'open';

  /** True when the response was replaced; further output of Next is dropped. */
  const isReplaced = (status: number): boolean => {
    if (state !== 'open') return state === 'replaced';
    // 503 is not an error: it is our own response to overload.
    if (response.headersSent || status < 500 || status === 503) return false;
    const failure = replacementFor(circumstances);
    state = failure === null ? 'decided' : 'replaced';
    if (failure === null) {
      circumstances.onServerError(status);
      return false;
    }
    const id = response.getHeader(REQUEST_ID_HEADER);
    for (const name of response.getHeaderNames()) if (name !== 'set-cookie') response.removeHeader(name);
    const answer = plainResponse(failure, circumstances.isApi, typeof id === 'string' ? id : undefined);
    response.statusMessage = '';
    writeHead(answer.status, answer.headers);
    end(answer.body);
    return true;
  };
  response.writeHead = (status: number, ...rest: unknown[]) =>
    isReplaced(status) ? response : writeHead(status, ...rest);
  response.write = ((...args: unknown[]) => isReplaced(response.statusCode) || write(...args)) as typeof response.write;
  response.end = ((...args: unknown[]) =>
    isReplaced(response.statusCode) ? response : end(...args)) as typeof response.end;
}

function replacementFor({ exchange }: OverrideOptions): Failure | null {
  if (exchange.overrideCode === 'unavailable') return DATABASE_UNAVAILABLE;
  return isClientError(exchange) ? BAD_REQUEST : null;
}
