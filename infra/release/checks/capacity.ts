import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand } from '@aws-sdk/client-ec2';
import { GetServiceQuotaCommand } from '@aws-sdk/client-service-quotas';
import { SERVICES } from '../ecs/live.ts';
import { describeService } from '../ecs/describe.ts';
import { check, type Check, type CheckContext } from './check.ts';

/** "Fargate On-Demand vCPU resource count", per region. */
const FARGATE_VCPUS = { ServiceCode: 'fargate', QuotaCode: 'L-3032A538' };
/** A rolling update may double the number of tasks for a while. */
const ROLLOUT_FACTOR = 2;

/** Checks the capacity for a rollout: vCPU quota, free subnet addresses, existing security groups. */
export async function checkCapacity({ session, stack, definitions }: CheckContext): Promise<Check[]> {
  const { aws } = session;
  const needed = await tasksNeeded(session, stack, definitions);
  return Promise.all([
    check('Fargate quota', async () => {
      const { Quota } = await aws.quotas.send(new GetServiceQuotaCommand(FARGATE_VCPUS));
      const offered = Quota?.Value ?? 0;
      const text = `a rollout takes ${needed.vcpus} vCPU, the account may run ${offered}`;
      return offered >= needed.vcpus ? { fine: text } : { problem: `${text}: ask for more in Service Quotas` };
    }),
    check('addresses in the subnets', async () => {
      const { Subnets = [] } = await aws.ec2.send(new DescribeSubnetsCommand({ SubnetIds: stack.network.subnets }));
      const free = Subnets.reduce((sum, { AvailableIpAddressCount = 0 }) => sum + AvailableIpAddressCount, 0);
      const text = `a rollout takes ${needed.tasks} addresses, ${free} are free`;
      return free >= needed.tasks ? { fine: text } : { problem: text };
    }),
    check('security groups', async () => {
      const GroupIds = stack.network.securityGroups;
      const { SecurityGroups = [] } = await aws.ec2.send(new DescribeSecurityGroupsCommand({ GroupIds }));
      return SecurityGroups.length === GroupIds.length ? { fine: GroupIds.join(', ') } : { problem: 'not all exist' };
    }),
  ]);
}

/** Web and worker doubled, plus the migrator. CPU units are 1/1024 of a vCPU. */
async function tasksNeeded(
  session: CheckContext['session'],
  stack: CheckContext['stack'],
  definitions: CheckContext['definitions'],
) {
  const vcpus = (name: 'web' | 'worker' | 'migrate') => Number(definitions[name]?.cpu ?? 0) / 1024;
  let total = { tasks: 1, vcpus: vcpus('migrate') };
  for (const name of SERVICES) {
    if (!definitions[name]) continue;
    const { desiredCount = 0 } = await describeService(session, stack.cluster, stack.services[name]);
    const count = desiredCount * ROLLOUT_FACTOR;
    total = { tasks: total.tasks + count, vcpus: total.vcpus + count * vcpus(name) };
  }
  return total;
}
