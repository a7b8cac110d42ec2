import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { check, type Check, type Subject } from './check.ts';

/** Every log group that a container writes to exists: a missing one stops the task before it starts. */
export function checkLogGroups({ session, definitions }: Subject): Promise<Check[]> {
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
