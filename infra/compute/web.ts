import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { DEFAULT_PORT, TIMING } from '#lib/release/contract.ts';
import { Autoscaling } from './autoscaling.ts';
import type { LoadBalancer } from '../network/load-balancer.ts';
import type { Task } from './task.ts';
import { SERVICE_TIMEOUTS, serviceBasics, type Placement } from './workload.ts';

interface WebArgs extends Placement {
  task: Task;
  migrate: Task;
  balancer: LoadBalancer;
  /** Names of alarms that roll back a deployment. */
  alarmNames: pulumi.Input<string>[];
}

/** The web service, updated first in a release, after the migrations. */
export class Web extends pulumi.ComponentResource {
  readonly service: aws.ecs.Service;

  constructor(name: string, args: WebArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Web', name, {}, opts);
    const { config, task, migrate, balancer, firewall, order } = args;
    this.service = new aws.ecs.Service(
      name,
      {
        ...serviceBasics(args, 'web', task.definition, firewall.web),
        desiredCount: config.web.min,
        deploymentMinimumHealthyPercent: 100,
        alarms: { enable: true, rollback: true, alarmNames: args.alarmNames },
        healthCheckGracePeriodSeconds: TIMING.healthGrace,
        loadBalancers: [{ targetGroupArn: balancer.targets.arn, containerName: 'web', containerPort: DEFAULT_PORT }],
      },
      {
        parent: this,
        // Autoscaling owns the count.
        ignoreChanges: ['desiredCount'],
        hooks: order.web,
        customTimeouts: SERVICE_TIMEOUTS,
        // ECS refuses a service whose target group no listener uses.
        dependsOn: [balancer.https, ...task.prerequisites, ...migrate.prerequisites],
      },
    );
    new Autoscaling(name, { ...args, service: this.service }, { parent: this });
    this.registerOutputs({ service: this.service.name });
  }
}
