import { DescribeTaskDefinitionCommand, type TaskDefinition } from '@aws-sdk/client-ecs';
import { EcsFailure } from './failure.ts';
import type { Session } from './session.ts';

/**
 * A task definition by ARN, or the newest active one of a family.
 * @throws EcsFailure when there is none.
 */
export async function describeTaskDefinition({ aws }: Session, name: string): Promise<TaskDefinition> {
  try {
    const { taskDefinition } = await aws.ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: name }));
    if (taskDefinition) return taskDefinition;
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'ClientException') throw error;
  }
  throw new EcsFailure('failed', `there is no task definition ${name}`);
}
