import { AsyncLocalStorage } from 'node:async_hooks';
import type { ErrorCode } from '#lib/errors.ts';

/** State of the current request, used to replace Next's 500 by a more precise status. */
export interface Exchange {
  /** Application code has started to handle the request. An error before that is a client error. */
  handlerStarted: boolean;
  /** Next parses parts of this request before application code runs: a body, or headers of its router. */
  parsedByNext: boolean;
  /** Error code of the response that replaces a 500. */
  overrideCode?: Extract<ErrorCode, 'bad_request' | 'unavailable'>;
}

// On globalThis: instrumentation, pages and actions are separate bundles of one process.
const shared = globalThis as typeof globalThis & { goliveExchanges?: AsyncLocalStorage<Exchange> };

/** The state of the current request. */
export const exchanges = (shared.goliveExchanges ??= new AsyncLocalStorage<Exchange>());

/** True when the failure is a client error. */
export const isClientError = ({ overrideCode, parsedByNext, handlerStarted }: Exchange): boolean =>
  overrideCode === 'bad_request' || (parsedByNext && !handlerStarted);

/** Marks that application code has started; called by the root layout and by each action. */
export function markHandlerStarted(): void {
  const exchange = exchanges.getStore();
  if (exchange !== undefined) exchange.handlerStarted = true;
}

/** Aborts the request with 400: none of our forms or clients can have sent it. */
export function throwBadRequest(why: string): never {
  const exchange = exchanges.getStore();
  if (exchange !== undefined) exchange.overrideCode = 'bad_request';
  throw new Error(why);
}
