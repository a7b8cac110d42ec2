import { DescribeTargetGroupsCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { check, type Check, type CheckOutcome, type CheckContext } from './check.ts';

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
