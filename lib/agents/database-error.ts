import { fail, type Result } from '../errors.ts';

/** SQLSTATE classes 22 (data exception) and 23 (integrity constraint): trying again cannot help. */
const DATA = /^2[23]/;
/** Classes 08 (connection), 53 (resources) and 57 (shutdown, cancelled for time): trying again can. */
const AWAY = /^(08|53|57)/;
const AWAY_KINDS = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'];
/** Prisma's own: no connection in time, and a transaction that could not begin or took too long. */
const AWAY_CODES = ['P1001', 'P1008', 'P1017', 'P2024', 'P2028'];
/** What pg and its pool say in words alone. */
const AWAY_WORDS = /Connection terminated|timeout exceeded when trying to connect/;

/** Whether the database refused the data itself, as opposed to being away, slow or busy. */
export function isDataError(error: unknown): boolean {
  return causes(error).some(({ originalCode }) => typeof originalCode === 'string' && DATA.test(originalCode));
}

/** Whether the database is away, starting, or too busy to answer. */
export function isDatabaseAway(error: unknown): boolean {
  return causes(error).some(
    ({ originalCode, code, kind, message }) =>
      (typeof originalCode === 'string' && AWAY.test(originalCode)) ||
      (typeof code === 'string' && AWAY_CODES.includes(code)) ||
      (typeof kind === 'string' && AWAY_KINDS.includes(kind)) ||
      (typeof message === 'string' && AWAY_WORDS.test(message)),
  );
}

const RETRY_AFTER_SECONDS = 5;

/** Runs some work; while the database is away the answer is `unavailable` with `retryAfter` in seconds. */
export async function unlessAway<T>(work: () => Promise<Result<T>>): Promise<Result<T>> {
  try {
    return await work();
  } catch (error) {
    if (!isDatabaseAway(error)) throw error;
    return fail('unavailable', 'The database does not answer. Try again later.', { retryAfter: RETRY_AFTER_SECONDS });
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
