import { DescribeImagesCommand } from '@aws-sdk/client-ecr';
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  type Service,
  type TaskDefinition,
} from '@aws-sdk/client-ecs';
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

const BY_DIGEST = /^(?<registry>\d{12})\.dkr\.ecr\.[^/]+\/(?<repository>[^@:]+)@(?<digest>sha256:[0-9a-f]{64})$/;

/** Whether an image can be pulled: `present`, `missing`, or `floating` when it is not named by digest in ECR. */
export async function imageState({ aws }: Session, image: string): Promise<'present' | 'missing' | 'floating'> {
  const parts = BY_DIGEST.exec(image)?.groups;
  if (!parts) return 'floating';
  try {
    await aws.ecr.send(
      new DescribeImagesCommand({
        registryId: parts.registry,
        repositoryName: parts.repository,
        imageIds: [{ imageDigest: parts.digest }],
      }),
    );
    return 'present';
  } catch (error) {
    if (error instanceof Error && /^(ImageNotFound|RepositoryNotFound)/.test(error.name)) return 'missing';
    throw error;
  }
}
