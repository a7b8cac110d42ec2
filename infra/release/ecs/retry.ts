import type { ECSClientConfig } from '@aws-sdk/client-ecs';
import type { Clock } from './clock.ts';

type Strategy = Exclude<NonNullable<ECSClientConfig['retryStrategy']>, { retry: unknown }>;

const MAX_ATTEMPTS = 8;
const FIRST_DELAY_MS = 200;
const LONGEST_DELAY_MS = 20_000;

/**
 * Exponential back-off with full jitter (Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015) for throttling, server
 * errors and broken connections; anything else fails at once. The SDK's strategies use the real clock and stop after three attempts, too
 * few for the throttling of DescribeServices.
 */
export function backOff(clock: Clock): Strategy {
  const token = (attempt: number) => ({ getRetryCount: () => attempt, getRetryDelay: () => 0 });
  return {
    acquireInitialRetryToken: () => Promise.resolve(token(0)),
    async refreshRetryTokenForRetry(previous, { errorType, error }) {
      const attempt = previous.getRetryCount() + 1;
      if (errorType === 'CLIENT_ERROR' || attempt >= MAX_ATTEMPTS) throw error ?? new Error('AWS does not answer');
      const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
      await clock.sleep(Math.ceil(Math.random() * ceiling));
      return token(attempt);
    },
    recordSuccess: () => undefined,
  };
}

const BROKEN_CONNECTION = /^(ECONN(RESET|REFUSED|ABORTED)|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/;
const TRANSIENT_NAME =
  /^(Throttl|RequestThrottl|RequestLimitExceeded|TooManyRequests|SlowDown|ServerException|Timeout|RequestTimeout)/;

/** True for errors that may be retried. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, $metadata } = error as Error & { code?: unknown; $metadata?: { httpStatusCode?: number } };
  return (
    TRANSIENT_NAME.test(error.name) ||
    (typeof code === 'string' && BROKEN_CONNECTION.test(code)) ||
    ($metadata?.httpStatusCode ?? 0) >= 500
  );
}
