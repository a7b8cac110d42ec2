import { setTimeout as delay } from 'node:timers/promises';

/** Time as a parameter: the stories in the tests pass hours in milliseconds. All figures are milliseconds. */
export interface Clock {
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemClock: Clock = { now: Date.now, sleep: (ms) => delay(ms) };
