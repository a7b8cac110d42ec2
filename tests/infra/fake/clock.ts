import type { Clock } from '../../../infra/release/ecs/clock.ts';

/** Time that passes when somebody sleeps: hours of a rollout take milliseconds, and the fake server lives on the same time. */
export class FakeClock implements Clock {
  #now = Date.parse('2026-01-05T09:00:00Z');

  now(): number {
    return this.#now;
  }

  sleep(ms: number): Promise<void> {
    this.#now += ms;
    return Promise.resolve();
  }
}
