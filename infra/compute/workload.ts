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

/** A rollout may take this long before Pulumi gives up; the verification inside has its own, shorter limit. */
export const PATIENCE = { create: '30m', update: '30m', delete: '20m' };

/** Where every task lies: in private subnets, without an address of its own. */
export const inPrivate = ({ subnetIds }: Placement, group: aws.ec2.SecurityGroup) => ({
  subnets: subnetIds,
  securityGroups: [group.id],
  assignPublicIp: false,
});

/** What web and worker have in common: a rollout that turns itself back, and tags that reach the tasks. */
export function serviceBasics(
  place: Placement,
  process: 'web' | 'worker',
  task: aws.ecs.TaskDefinition,
  group: aws.ec2.SecurityGroup,
) {
  return {
    name: place.names.service(process),
    cluster: place.cluster.arn,
    taskDefinition: task.arn,
    networkConfiguration: inPrivate(place, group),
    deploymentMaximumPercent: 200,
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    deploymentCircuitBreaker: { enable: true, rollback: true },
    enableEcsManagedTags: true,
    propagateTags: 'SERVICE',
    enableExecuteCommand: false,
    // Pulumi's own wait calls a rolled-back deployment a success; the hooks of release-order.ts look closer.
    waitForSteadyState: false,
  };
}
