import type { Clock } from './clock.ts';
import { isTransient } from './retry.ts';
import type { Session } from './session.ts';

interface PollOptions<T> {
  /** Moment to give up, on the session's clock. */
  deadline: number;
  /** Returns undefined to look again. What it throws ends the wait, unless it is a lost connection or throttling. */
  look: () => Promise<T | undefined>;
  /** Ends the wait before its deadline. */
  signal?: AbortSignal | undefined;
}

/**
 * Looks until there is an answer. A lost connection is only reported: what is being waited for goes on without us.
 * @returns undefined when the deadline passed first, or the signal was given.
 */
export async function poll<T>(session: Session, { deadline, look, signal }: PollOptions<T>): Promise<T | undefined> {
  const { clock } = session;
  for (;;) {
    try {
      const answer = await look();
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
