import type { Stack } from '../../infra/ecs/environment.ts';
import type { AuditTask } from '../../infra/ecs/release-audit.ts';
import type { Session } from '../../infra/ecs/session.ts';
import { describeTaskDefinition } from '../../infra/ecs/task-definition.ts';

/** How a task of the newest migrator is started. */
export async function migratorOf(session: Session, stack: Stack): Promise<AuditTask> {
  const { taskDefinitionArn = '' } = await describeTaskDefinition(session, stack.families.migrate);
  return {
    cluster: stack.cluster,
    taskDefinition: taskDefinitionArn,
    networkConfiguration: stack.network,
    container: 'migrate',
    logGroup: stack.logGroups.migrate,
  };
}
