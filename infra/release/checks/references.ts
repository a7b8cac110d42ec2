import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { imageState } from '../ecs/describe.ts';
import { idOf } from '../ecs/task-log.ts';
import { check, type Check, type CheckContext, type CheckOutcome } from './check.ts';

const PROBLEMS = {
  missing: 'is not in the registry: was it pushed, or did the retention rule remove it?',
  floating: 'is not an ECR image by digest: a tag can change between verify and deploy',
};

/** Checks that every image is referenced by digest and can be pulled. */
export function checkImages({ session, definitions, images }: CheckContext): Promise<Check[]> {
  const running = Object.values(definitions).flatMap(({ containerDefinitions = [] }) =>
    containerDefinitions.flatMap(({ image }) => (image === undefined ? [] : [image])),
  );
  return Promise.all(
    [...new Set([...images, ...running])].map((image) =>
      check(`image ${short(image)}`, async () => {
        const state = await imageState(session, image);
        return state === 'present' ? { fine: 'in the registry' } : { problem: `${image} ${PROBLEMS[state]}` };
      }),
    ),
  );
}

const short = (image: string) => image.replace(/^[^/]+\//, '').replace(/(sha256:.{12}).*/, '$1');

/** Checks that the log groups of all containers exist; ECS cannot start a task otherwise. */
export function checkLogGroups({ session, definitions }: CheckContext): Promise<Check[]> {
  const groups = Object.values(definitions).flatMap(({ containerDefinitions = [] }) =>
    containerDefinitions.flatMap(({ logConfiguration }) => logConfiguration?.options?.['awslogs-group'] ?? []),
  );
  return Promise.all(
    [...new Set(groups)].map((group) =>
      check(`log group ${group}`, async () => {
        const { logGroups = [] } = await session.aws.logs.send(
          new DescribeLogGroupsCommand({ logGroupNamePrefix: group }),
        );
        const exists = logGroups.some(({ logGroupName }) => logGroupName === group);
        return exists ? { fine: 'exists' } : { problem: 'does not exist' };
      }),
    ),
  );
}

const ECS = 'ecs-tasks.amazonaws.com';

/** Checks that every task role exists and that ECS may assume it. */
export function checkRoles({ session, definitions }: CheckContext): Promise<Check[]> {
  const arns = Object.values(definitions).flatMap(({ taskRoleArn, executionRoleArn }) => [
    taskRoleArn,
    executionRoleArn,
  ]);
  const roles = new Set(arns.flatMap((arn) => (arn === undefined ? [] : [idOf(arn)])));
  return Promise.all(
    [...roles].map((role) =>
      check(`role ${role}`, async () => {
        try {
          const { Role } = await session.aws.iam.send(new GetRoleCommand({ RoleName: role }));
          const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
          return trust.includes(ECS) ? { fine: 'exists' } : { problem: `does not trust ${ECS}: no task can take it` };
        } catch (error) {
          if (error instanceof Error && error.name.startsWith('NoSuchEntity')) return { problem: 'does not exist' };
          throw error;
        }
      }),
    ),
  );
}

/** Checks port, protocol and health check path of web's target group. */
export async function checkTargetGroup({ session, stack, definitions }: CheckContext): Promise<Check[]> {
  const one = await check('target group of web', async (): Promise<CheckOutcome> => {
    const { TargetGroups = [] } = await session.aws.elb.send(
      new DescribeTargetGroupsCommand({ TargetGroupArns: [stack.targetGroup] }),
    );
    const group = TargetGroups[0];
    const ports = (definitions.web?.containerDefinitions ?? []).flatMap(({ portMappings = [] }) =>
      portMappings.map(({ containerPort }) => containerPort),
    );
    if (group?.TargetType !== 'ip') return { problem: `takes targets of type ${group?.TargetType}; Fargate needs ip` };
    if (group.HealthCheckPath !== HEALTH_PATH)
      return { problem: `asks ${group.HealthCheckPath} for health, not ${HEALTH_PATH}` };
    if (definitions.web && !ports.includes(group.Port))
      return { problem: `sends to port ${group.Port}; the container of web opens ${ports.join(', ') || 'none'}` };
    return { fine: `port ${group.Port}, health at ${HEALTH_PATH}` };
  });
  return [one];
}
