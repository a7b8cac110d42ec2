import { setTimeout as delay } from 'node:timers/promises';

/** Time as a parameter: the stories in the tests pass hours in milliseconds. All figures are milliseconds. */
export interface Clock {
  now(): number;
  /** Returns early, without an error, when the signal is given. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    delay(ms, undefined, { signal }).catch((error: unknown) => {
      if (!signal?.aborted) throw error;
    }),
};
