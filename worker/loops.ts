import { log } from '#lib/log.ts';

/** A task repeated until stopped; failures are logged. */
export interface Loop {
  /** Resolves when the run in progress has ended. */
  stop(): Promise<void>;
}

/**
 * Repeats a task with a pause; runs never overlap.
 * @param retryDelayMs from the end of one run to the start of the next.
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

/** Waits until the time has passed or the signal is aborted. */
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
