import { GetRoleCommand } from '@aws-sdk/client-iam';
import { idOf } from '../ecs/task-log.ts';
import { check, type Check, type CheckContext } from './check.ts';

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
