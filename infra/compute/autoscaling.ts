import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Placement } from './workload.ts';

/** Target CPU of 50 %: the remaining tasks can take over the load of a failed one until its replacement is up, about a minute. */
const CPU_PERCENT = 50;
const MEMORY_PERCENT = 75;
const SCALE_OUT_SECONDS = 60;
const SCALE_IN_SECONDS = 300;

/** Scales the web service by CPU and memory: out quickly, in slowly. */
export class Autoscaling extends pulumi.ComponentResource {
  constructor(name: string, args: Placement & { service: aws.ecs.Service }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Autoscaling', name, {}, opts);
    const target = new aws.appautoscaling.Target(
      name,
      {
        serviceNamespace: 'ecs',
        scalableDimension: 'ecs:service:DesiredCount',
        resourceId: pulumi.interpolate`service/${args.cluster.clusterName}/${args.service.name}`,
        minCapacity: args.config.web.min,
        maxCapacity: args.config.web.max,
      },
      { parent: this },
    );
    const follow = (label: string, predefinedMetricType: string, targetValue: number) =>
      new aws.appautoscaling.Policy(
        `${name}-${label}`,
        {
          policyType: 'TargetTrackingScaling',
          serviceNamespace: target.serviceNamespace,
          scalableDimension: target.scalableDimension,
          resourceId: target.resourceId,
          targetTrackingScalingPolicyConfiguration: {
            predefinedMetricSpecification: { predefinedMetricType },
            targetValue,
            scaleOutCooldown: SCALE_OUT_SECONDS,
            scaleInCooldown: SCALE_IN_SECONDS,
          },
        },
        { parent: this },
      );
    follow('cpu', 'ECSServiceAverageCPUUtilization', CPU_PERCENT);
    follow('memory', 'ECSServiceAverageMemoryUtilization', MEMORY_PERCENT);
    this.registerOutputs({});
  }
}
