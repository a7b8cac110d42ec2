import * as pulumi from '@pulumi/pulumi';
import type * as aws from '@pulumi/aws';
import type { Cluster } from './cluster.ts';
import type { Config } from '../config.ts';
import type { Firewall } from '../network/firewall.ts';
import type { Names } from '../names.ts';
import type { ReleaseOrder } from '../delivery/release-order.ts';

/** What every service and schedule is placed into. */
export interface Placement {
  config: Config;
  names: Names;
  cluster: Cluster;
  subnetIds: pulumi.Input<string[]>;
  firewall: Firewall;
  order: ReleaseOrder;
}

/** Pulumi's timeout of a rollout; the verification has a shorter one. */
export const SERVICE_TIMEOUTS = { create: '30m', update: '30m', delete: '20m' };

/** Where every task lies: in private subnets, without an address of its own. */
export const privateNetwork = ({ subnetIds }: Placement, group: aws.ec2.SecurityGroup) => ({
  subnets: subnetIds,
  securityGroups: [group.id],
  assignPublicIp: false,
});

/** Common settings of web and worker: circuit breaker with rollback, tag propagation. */
export function serviceBasics(
  placement: Placement,
  process: 'web' | 'worker',
  task: aws.ecs.TaskDefinition,
  group: aws.ec2.SecurityGroup,
) {
  return {
    name: placement.names.service(process),
    cluster: placement.cluster.arn,
    taskDefinition: task.arn,
    networkConfiguration: privateNetwork(placement, group),
    deploymentMaximumPercent: 200,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    deploymentCircuitBreaker: { enable: true, rollback: true },
    enableEcsManagedTags: true,
    propagateTags: 'SERVICE',
    enableExecuteCommand: false,
    // Pulumi's wait treats a rolled-back deployment as a success; the hooks of release-order.ts verify it.
    waitForSteadyState: false,
  };
}
