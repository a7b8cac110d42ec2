import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Process } from '#lib/release/contract.ts';
import type { Stack } from '../ecs/environment.ts';
import type { Session } from '../ecs/session.ts';

/** One check of `verify`. `skipped` means that it could not be read. */
export interface Check {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  detail: string;
}

export interface CheckContext {
  session: Session;
  stack: Stack;
  /** The newest active task definition of each process. */
  definitions: Partial<Record<Process, TaskDefinition>>;
  /** Images about to be deployed, in addition to those of the task definitions. */
  images: string[];
}

/** The result of a check: a problem, or a remark on a pass. */
export type CheckOutcome = { problem: string } | { fine: string };

const ACCESS_DENIED = /^(AccessDenied|UnauthorizedOperation|AuthorizationError)/;

/** Runs one check. Missing permission gives `skipped`; any other AWS error gives `failed`. */
export async function check(name: string, run: () => Promise<CheckOutcome>): Promise<Check> {
  try {
    const found = await run();
    if ('problem' in found) return { name, state: 'failed', detail: found.problem };
    return { name, state: 'passed', detail: found.fine };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (ACCESS_DENIED.test(error.name)) return { name, state: 'skipped', detail: 'not allowed to look' };
    return { name, state: 'failed', detail: `${error.name}: ${error.message}` };
  }
}

/** A check that could not be performed, with the reason. Does not count as passed. */
export const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail });
