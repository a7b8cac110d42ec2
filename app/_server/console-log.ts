import { format } from 'node:util';
import { log } from '#lib/log.ts';
import { exchanges } from './gate/exchange.ts';

/** Characters of a line that somebody else's code prints. */
const MAX_TEXT = 1_000;

/**
 * Sends what Next and libraries print through the log of the process: one JSON line each, of bounded length. What is printed on behalf of a
 * request is told at `debug` alone: any visitor can cause it, and errors of ours reach the log by `onRequestError` and the handlers.
 */
export function logConsole(): void {
  const levels = { error: 'error', warn: 'warn', info: 'info', log: 'info', debug: 'debug', trace: 'debug' } as const;
  for (const [method, level] of Object.entries(levels))
    // eslint-disable-next-line no-console -- nobody else may write to it from here on
    console[method as keyof typeof levels] = (...texts: unknown[]) =>
      log[exchanges.getStore() === undefined ? level : 'debug']({ printed: true }, format(...texts).slice(0, MAX_TEXT));
}
