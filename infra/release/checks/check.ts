import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Process } from '#lib/release/contract.ts';
import type { Stack } from '../ecs/environment.ts';
import type { Session } from '../ecs/session.ts';

/** One line of `verify`. What could not be looked at is `skipped`, and that is neither good nor bad. */
export interface Check {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  detail: string;
}

export interface Subject {
  session: Session;
  stack: Stack;
  /** The newest active task definition of each process. */
  definitions: Partial<Record<Process, TaskDefinition>>;
  /** Images that are about to be deployed, beside those of the task definitions. */
  images: string[];
}

/** What a look found: a problem, or a remark beside a pass. */
export type Finding = { problem: string } | { fine: string };

const MAY_NOT = /^(AccessDenied|UnauthorizedOperation|AuthorizationError)/;

/** Runs one look. Not being allowed to look is `skipped`; any other error of AWS is a `failed` check, not a crash. */
export async function check(name: string, look: () => Promise<Finding>): Promise<Check> {
  try {
    const found = await look();
    if ('problem' in found) return { name, state: 'failed', detail: found.problem };
    return { name, state: 'passed', detail: found.fine };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (MAY_NOT.test(error.name)) return { name, state: 'skipped', detail: 'not allowed to look' };
    return { name, state: 'failed', detail: `${error.name}: ${error.message}` };
  }
}

/** A check that did not look, and why: never to be counted as passed. */
export const skipped = (name: string, detail: string): Check => ({ name, state: 'skipped', detail });
