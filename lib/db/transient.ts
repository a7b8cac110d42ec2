import { fail, type Result } from '../errors.ts';

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): trying again cannot help. */
const DATA = /^2[23]/;
/**
 * Classes 08 (connection), 53 (resources) and 57 (shutdown, cancelled for time), 25006 (read-only), 40001 and 40P01 (lost against another
 * transaction), 55P03 (a lock that did not come in time): trying again can.
 */
const TRANSIENT = /^(08|53|57|25006$|40001$|40P01$|55P03$)/;
const TRANSIENT_KINDS = [
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
];
/** Prisma's own: no connection in time, a transaction that could not begin or took too long, too many connections; and those of the socket. */
const TRANSIENT_CODES = /^(P1001|P1002|P1008|P1017|P2024|P2028|P2034|P2037|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT)$/;
/** What pg, its pool and our socket say in words alone. */
const TRANSIENT_WORDS = /Connection terminated|timeout exceeded when trying to connect|the database fell silent/;

/** True when the database refused the data itself, as opposed to being away, slow or busy. */
export function isDataError(error: unknown): boolean {
  return causes(error).some(({ originalCode }) => typeof originalCode === 'string' && DATA.test(originalCode));
}

/** True when the database is away, read-only, starting, or too busy to answer: the same request may succeed later. */
export function isTransient(error: unknown): boolean {
  return causes(error).some(
    ({ originalCode, code, kind, message }) =>
      [originalCode, code].some((text) => typeof text === 'string' && TRANSIENT.test(text)) ||
      (typeof code === 'string' && TRANSIENT_CODES.test(code)) ||
      (typeof kind === 'string' && TRANSIENT_KINDS.includes(kind)) ||
      (typeof message === 'string' && TRANSIENT_WORDS.test(message)),
  );
}

/** Names an error without the values that its message may hold: the SQLSTATE, the code of Prisma or of the socket, or the class. */
export function errorCode(error: unknown): string {
  const chain = causes(error);
  const texts = [...chain.map(({ originalCode }) => originalCode), ...chain.flatMap(({ code, kind }) => [code, kind])];
  const known = texts.find((text) => typeof text === 'string' && text !== '');
  return typeof known === 'string' ? known : error instanceof Error ? error.name : 'unknown';
}

/** Seconds after which it is worth trying again. */
const RETRY_AFTER_SECONDS = 5;

/** The answer while the database cannot be used. */
export const DATABASE_UNAVAILABLE = fail('unavailable', 'The database cannot be used at the moment. Try again later.', {
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
