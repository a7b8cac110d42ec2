import { DescribeServicesCommand, type Service } from '@aws-sdk/client-ecs';
import { EcsFailure } from './failure.ts';
import type { Session } from './session.ts';

/** One service as ECS describes it. @throws EcsFailure when it does not exist. */
export async function describeService({ aws }: Session, cluster: string, service: string): Promise<Service> {
  const { services = [] } = await aws.ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const found = services[0];
  if (!found || found.status === 'INACTIVE')
    throw new EcsFailure('failed', `there is no service ${service} in cluster ${cluster}`);
  return found;
}
