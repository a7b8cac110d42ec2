import { fail, type Result } from '../errors.ts';

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): permanent. */
const DATA = /^2[23]/;
/**
 * Classes 08 (connection), 53 (resources) and 57 (shutdown, cancelled for time), 25006 (read-only), 40001 and 40P01 (lost against another
 * transaction), 55P03 (lock timeout): retryable.
 */
const TRANSIENT = /^(08|53|57|25006$|40001$|40P01$|55P03$)/;
const TRANSIENT_KINDS = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
];
/** Prisma's codes for connection and transaction timeouts and too many connections; and socket errors. */
const TRANSIENT_CODES = /^(P1001|P1002|P1008|P1017|P2024|P2028|P2034|P2037|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** Messages of pg, its pool and our socket timeout, which have no code. */
const TRANSIENT_MESSAGES = /Connection terminated|timeout exceeded when trying to connect|the database did not respond/;

/** True when the database rejected the data itself. */
export function isDataError(error: unknown): boolean {
  return causes(error).some(({ originalCode }) => typeof originalCode === 'string' && DATA.test(originalCode));
}

/** True when the database is unavailable, read-only, starting or overloaded: a retry may succeed. */
export function isTransient(error: unknown): boolean {
  return causes(error).some(
    ({ originalCode, code, kind, message }) =>
      [originalCode, code].some((text) => typeof text === 'string' && TRANSIENT.test(text)) ||
      (typeof code === 'string' && TRANSIENT_CODES.test(code)) ||
      (typeof kind === 'string' && TRANSIENT_KINDS.includes(kind)) ||
      (typeof message === 'string' && TRANSIENT_MESSAGES.test(message)),
  );
}

/** The code of an error without values from its message: SQLSTATE, Prisma's or the socket's code, or the class name. */
export function errorCode(error: unknown): string {
  const chain = causes(error);
  const texts = [...chain.map(({ originalCode }) => originalCode), ...chain.flatMap(({ code, kind }) => [code, kind])];
  const known = texts.find((text) => typeof text === 'string' && text !== '');
  return typeof known === 'string' ? known : error instanceof Error ? error.name : 'unknown';
}

/** Retry-After of unavailable responses, in seconds. */
const RETRY_AFTER_SECONDS = 5;

/** The failure while the database is unavailable. */
export const DATABASE_UNAVAILABLE = fail('unavailable', 'The database is currently unavailable. Try again later.', {
  retryAfter: RETRY_AFTER_SECONDS,
});

/** Runs some work; a transient error of the database becomes `unavailable` with `retryAfter` in seconds, any other is thrown. */
export async function mapTransientErrors<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    if (isTransient(error)) return DATABASE_UNAVAILABLE;
    throw error;
  }
}

interface Cause {
  originalCode?: unknown;
  code?: unknown;
  kind?: unknown;
  message?: unknown;
  meta?: { driverAdapterError?: unknown };
  cause?: unknown;
}

/** An error and what caused it. Prisma keeps PostgreSQL's code in the cause of the driver adapter's error. */
function causes(error: unknown): Cause[] {
  const chain: Cause[] = [];
  let at = error;
  while (typeof at === 'object' && at !== null && chain.length < 8) {
    const link: Cause = at;
    chain.push(link);
    at = link.meta?.driverAdapterError ?? link.cause;
  }
  return chain;
}
