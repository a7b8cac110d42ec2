/** What a task or a deployment does over time, in milliseconds after it was asked for. */

export interface TaskScript {
  /** RunTask answers with this instead of a task. */
  refusal?: string;
  pendingAt: number;
  /** Left out: it never runs. */
  runningAt?: number;
  /** Left out: it goes on until it is stopped. */
  stoppedAt?: number;
  exitCode?: number;
  stopCode?: string;
  stoppedReason?: string;
  containerReason?: string;
  lines: string[];
}

const STARTS = { pendingAt: 4_000, runningAt: 12_000 };
const NEVER = { pendingAt: 4_000, stoppedAt: 15_000, stopCode: 'TaskFailedToStart', lines: [] };

export const TASK = {
  exits: (exitCode: number, lines: string[] = []): TaskScript => ({
    ...STARTS,
    stoppedAt: 40_000,
    exitCode,
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    lines,
  }),
  /** Over before anybody looks. */
  fastStop: (exitCode: number): TaskScript => ({ ...TASK.exits(exitCode), pendingAt: 0, runningAt: 10, stoppedAt: 20 }),
  /** PENDING to STOPPED without ever running, so there is no exit code. */
  fastStopUnborn: (): TaskScript => ({ ...NEVER, pendingAt: 0, stoppedAt: 20, stoppedReason: 'Task failed to start' }),
  cannotReadSecret: (): TaskScript => ({
    ...NEVER,
    stoppedReason:
      'ResourceInitializationError: unable to pull secrets or registry auth: retrieved secret has no key DATABASE_URL',
  }),
  cannotPull: (): TaskScript => ({
    ...NEVER,
    stoppedReason: 'CannotPullContainerError: pull image manifest has been retried 1 time(s): not found',
  }),
  noCapacity: (): TaskScript => ({ ...NEVER, refusal: 'Capacity is unavailable at this time' }),
  staysPending: (): TaskScript => ({ pendingAt: 4_000, lines: [] }),
  hangs: (lines: string[] = []): TaskScript => ({ ...STARTS, lines }),
};

export interface RolloutScript {
  ending: 'completes' | 'breaker' | 'alarm' | 'stuck' | 'vanishes';
  /** When it ends. */
  after: number;
  stoppedReason?: string;
  exitCode?: number;
}

export const ROLLOUT = {
  completes: (): RolloutScript => ({ ending: 'completes', after: 60_000 }),
  breaker: (): RolloutScript => ({
    ending: 'breaker',
    after: 90_000,
    stoppedReason: 'Essential container in task exited',
    exitCode: 1,
  }),
  alarm: (): RolloutScript => ({
    ending: 'alarm',
    after: 120_000,
    stoppedReason: 'Scaling activity initiated by deployment',
  }),
  stuck: (): RolloutScript => ({ ending: 'stuck', after: Infinity }),
  vanishes: (): RolloutScript => ({ ending: 'vanishes', after: 30_000 }),
};
