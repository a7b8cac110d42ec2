import { PROCESSES, type Process } from '#lib/release/contract.ts';
import { checkCapacity } from '../checks/capacity.ts';
import { skipped, type Check, type CheckContext } from '../checks/check.ts';
import { checkImages, checkLogGroups, checkRoles, checkTargetGroup } from '../checks/references.ts';
import { checkSecrets } from '../checks/secrets.ts';
import type { Stack } from '../ecs/environment.ts';
import { EcsFailure } from '../ecs/failure.ts';
import type { Session } from '../ecs/session.ts';
import { describeTaskDefinition } from '../ecs/describe.ts';

const CHECKS = [checkImages, checkRoles, checkSecrets, checkLogGroups, checkTargetGroup, checkCapacity];

/**
 * Checks everything that would otherwise prevent tasks from starting.
 * @param images references of the images that are about to be deployed.
 */
export async function verifyStack(session: Session, stack: Stack, images: string[]): Promise<Check[]> {
  const definitions: CheckContext['definitions'] = {};
  const absent: Check[] = [];
  for (const process of PROCESSES) {
    const found = await newest(session, stack, process);
    if (found) definitions[process] = found;
    else
      absent.push(
        skipped(`task definition ${stack.families[process]}`, 'not registered yet: before the first release'),
      );
  }
  const groups = await Promise.all(CHECKS.map((look) => look({ session, stack, definitions, images })));
  return [...absent, ...groups.flat()];
}

async function newest(session: Session, stack: Stack, process: Process) {
  try {
    return await describeTaskDefinition(session, stack.families[process]);
  } catch (error) {
    if (error instanceof EcsFailure) return undefined;
    throw error;
  }
}
