import { log } from '#lib/log.ts';

/** Something done again and again until it is stopped; a failure is logged and does not end it. */
export interface Loop {
  /** Resolves when the run in progress has ended. */
  stop(): Promise<void>;
}

/**
 * Runs a task, waits, and runs it again: two runs of one task never overlap.
 * @param pauseMs from the end of one run to the start of the next.
 */
export function repeat(name: string, pauseMs: number, task: () => Promise<unknown>): Loop {
  const stopped = new AbortController();
  const finished = run();
  return {
    stop() {
      stopped.abort();
      return finished;
    },
  };

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await task();
      } catch (error) {
        log.error({ task: name, err: error }, 'task failed');
      }
      await pause(pauseMs, stopped.signal);
    }
  }
}

/** Waits, or not, when the signal says that there is nothing to wait for. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return void resolve();
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
    function done() {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
