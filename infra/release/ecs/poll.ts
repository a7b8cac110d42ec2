import type { Clock } from './clock.ts';
import { isTransient } from './retry.ts';
import type { Session } from './session.ts';

interface PollOptions<T> {
  /** Deadline on the session's clock. */
  deadline: number;
  /** Returns undefined to continue polling. Errors end the wait, except connection loss and throttling. */
  check: () => Promise<T | undefined>;
  /** Ends the wait before its deadline. */
  signal?: AbortSignal | undefined;
}

/**
 * Polls until there is a result. Connection loss is only reported.
 * @returns undefined when the deadline passed first, or the signal was given.
 */
export async function poll<T>(session: Session, { deadline, check, signal }: PollOptions<T>): Promise<T | undefined> {
  const { clock } = session;
  for (;;) {
    try {
      const answer = await check();
      if (answer !== undefined) return answer;
    } catch (error) {
      if (!isTransient(error)) throw error;
      session.log(`AWS does not answer (${(error as Error).name}); still waiting`);
    }
    if (clock.now() >= deadline || signal?.aborted) return undefined;
    await clock.sleep(Math.min(session.pollMs, remaining(clock, deadline)), signal);
    if (signal?.aborted) return undefined;
  }
}

const remaining = (clock: Clock, deadline: number) => Math.max(1, deadline - clock.now());
