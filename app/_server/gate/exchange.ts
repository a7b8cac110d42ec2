import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from '#lib/errors.ts';

/** What is known of the request that is being served. Next asks nobody before it answers 500; whoever knows better says so here. */
export interface Exchange {
  /** Code of ours has begun to work on the request. What fails before that, fails because of how the request is written. */
  reached: boolean;
  /** The request holds something that Next reads before code of ours: a body, or headers of its router. */
  isRead: boolean;
  /** What the answer says in place of a 500. */
  verdict?: Extract<ErrorCode, 'bad_request' | 'unavailable'>;
}

// On globalThis: instrumentation, pages and actions are separate bundles of one process.
const shared = globalThis as typeof globalThis & { goliveExchanges?: AsyncLocalStorage<Exchange> };

/** The exchange of each request, for everything that runs on its behalf. */
export const exchanges = (shared.goliveExchanges ??= new AsyncLocalStorage<Exchange>());

/** Whether the request is to blame for what failed, rather than we. */
export const isFaultOfRequest = ({ verdict, isRead, reached }: Exchange): boolean =>
  verdict === 'bad_request' || (isRead && !reached);

/** To be called where code of ours begins: in the layout, in each action. */
export function reach(): void {
  const exchange = exchanges.getStore();
  if (exchange !== undefined) exchange.reached = true;
}

/** Gives up a request that no form or client of ours can have sent; it is answered with 400. */
export function refuseRequest(why: string): never {
  const exchange = exchanges.getStore();
  if (exchange !== undefined) exchange.verdict = 'bad_request';
  throw new Error(why);
}
