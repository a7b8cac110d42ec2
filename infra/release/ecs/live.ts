import { ListServiceDeploymentsCommand, type Deployment } from '@aws-sdk/client-ecs';
import { GetScheduleCommand, type GetScheduleOutput } from '@aws-sdk/client-scheduler';
import type { Stack } from './environment.ts';
import { describeService } from './describe.ts';
import type { Session } from './session.ts';

export type ServiceName = 'web' | 'worker';
export const SERVICES = ['web', 'worker'] as const satisfies ServiceName[];

/** The running task definitions, by ARN. */
export interface Live {
  web: string;
  worker: string;
  prune: string;
}

/** The current deployment in progress or completed. */
export async function primaryOf(session: Session, stack: Stack, name: ServiceName): Promise<Deployment | undefined> {
  const { deployments = [] } = await describeService(session, stack.cluster, stack.services[name]);
  return deployments.find(({ status }) => status === 'PRIMARY');
}

/** The EventBridge schedule of the prune. @throws ResourceNotFoundException of the SDK when there is none. */
export async function readSchedule({ aws }: Session, { schedule }: Stack): Promise<GetScheduleOutput> {
  return aws.scheduler.send(new GetScheduleCommand({ Name: schedule.name, GroupName: schedule.group }));
}

/** Reads the running task definitions; empty strings where there is none. */
export async function readLive(session: Session, stack: Stack): Promise<Live> {
  const [web, worker, schedule] = await Promise.all([
    primaryOf(session, stack, 'web'),
    primaryOf(session, stack, 'worker'),
    readSchedule(session, stack),
  ]);
  return {
    web: web?.taskDefinition ?? '',
    worker: worker?.taskDefinition ?? '',
    prune: schedule.Target?.EcsParameters?.TaskDefinitionArn ?? '',
  };
}

/** ARN of the deployment in progress of a service, if any. */
export async function deploymentInProgress(
  { aws }: Session,
  stack: Stack,
  name: ServiceName,
): Promise<string | undefined> {
  const { serviceDeployments = [] } = await aws.ecs.send(
    new ListServiceDeploymentsCommand({
      cluster: stack.cluster,
      service: stack.services[name],
      status: ['PENDING', 'IN_PROGRESS'],
    }),
  );
  return serviceDeployments[0]?.serviceDeploymentArn;
}
