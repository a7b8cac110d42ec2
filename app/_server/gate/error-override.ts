import type { ServerResponse } from 'node:http';
import { DATABASE_UNAVAILABLE } from '#lib/db/transient.ts';
import { fail, type Failure } from '#lib/errors.ts';
import { isFaultOfRequest, type Exchange } from './exchange.ts';
import { plainAnswer } from './plain-response.ts';
import { REQUEST_ID_HEADER } from '../http/request-id.ts';

interface Circumstances {
  exchange: Exchange;
  isApi: boolean;
  /** Called once for an answer of 500 that stays what it is. */
  onFault: (status: number) => void;
}

const BAD_REQUEST = fail('bad_request', 'The request is not one that this address understands.');

/**
 * Puts a better answer in place of a 500 that Next is about to send: 503 while the database is away, 400 for a request that was broken before
 * code of ours saw it. The status of a page cannot be set from within (only 401, 403 and 404 can), and Next's own parsers throw.
 */
export function keepLastWord(response: ServerResponse, circumstances: Circumstances): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse;
  const write = response.write.bind(response) as (...args: unknown[]) => boolean;
  const end = response.end.bind(response) as (...args: unknown[]) => ServerResponse;
  let state: 'open' | 'decided' | 'replaced' = 'open';

  /** Whether the answer is ours now, and what Next still writes is dropped. */
  const isReplaced = (status: number): boolean => {
    if (state !== 'open') return state === 'replaced';
    // 503 is no fault: it is an answer of ours, to what there is too much of.
    if (response.headersSent || status < 500 || status === 503) return false;
    const failure = verdictOf(circumstances);
    state = failure === null ? 'decided' : 'replaced';
    if (failure === null) {
      circumstances.onFault(status);
      return false;
    }
    const id = response.getHeader(REQUEST_ID_HEADER);
    for (const name of response.getHeaderNames()) if (name !== 'set-cookie') response.removeHeader(name);
    const answer = plainAnswer(failure, circumstances.isApi, typeof id === 'string' ? id : undefined);
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

function verdictOf({ exchange }: Circumstances): Failure | null {
  if (exchange.verdict === 'unavailable') return DATABASE_UNAVAILABLE;
  return isFaultOfRequest(exchange) ? BAD_REQUEST : null;
}
