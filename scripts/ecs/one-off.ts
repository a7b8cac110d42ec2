import type { Process } from '#lib/release/contract.ts';
import type { Stack } from '../../infra/ecs/environment.ts';
import type { AuditTask } from '../../infra/ecs/release-audit.ts';
import type { Session } from '../../infra/ecs/session.ts';
import { describeTaskDefinition } from '../../infra/ecs/task-definition.ts';

/** How one task of a process is started, by its newest definition: its image, its user of the database, its roles. */
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
