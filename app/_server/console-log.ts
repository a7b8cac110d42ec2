import { format } from 'node:util';
import { log } from '#lib/log.ts';
import { exchanges } from './gate/exchange.ts';

/** Maximum length of a line from a library, in characters. */
const MAX_TEXT = 1_000;

/**
 * Redirects console output of Next and libraries to the application log, one JSON line each, of bounded length. Output during a request is
 * logged at `debug`, because any visitor can cause it; our own errors are logged by `onRequestError` and the handlers.
 */
export function redirectConsoleToLog(): void {
  const levels = { error: 'error', warn: 'warn', info: 'info', log: 'info', debug: 'debug', trace: 'debug' } as const;
  for (const [method, level] of Object.entries(levels))
    // eslint-disable-next-line no-console -- console output is redirected to the log
    console[method as keyof typeof levels] = (...texts: unknown[]) =>
      log[exchanges.getStore() === undefined ? level : 'debug']({ printed: true }, format(...texts).slice(0, MAX_TEXT));
}
