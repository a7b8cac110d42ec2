import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { check, type Check, type CheckContext } from './check.ts';

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
