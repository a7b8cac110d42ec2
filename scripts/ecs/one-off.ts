import type { Process } from '#lib/release/contract.ts';
import type { Stack } from '../../infra/release/ecs/environment.ts';
import type { AuditTask } from '../../infra/release/manifest/audit.ts';
import type { Session } from '../../infra/release/ecs/session.ts';
import { describeTaskDefinition } from '../../infra/release/ecs/describe.ts';

/** Starts a one-off task from the newest task definition of a process, with its image, database user and roles. */
export async function oneOff(session: Session, stack: Stack, process: Process): Promise<AuditTask> {
  const { taskDefinitionArn = '' } = await describeTaskDefinition(session, stack.families[process]);
  return {
    cluster: stack.cluster,
    taskDefinition: taskDefinitionArn,
    networkConfiguration: stack.network,
    container: process,
    logGroup: stack.logGroups[process],
  };
}
