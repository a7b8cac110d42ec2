import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Task } from './task.ts';
import type { Web } from './web.ts';
import { SERVICE_TIMEOUTS, serviceBasics, type Placement } from './workload.ts';

/** The worker service, updated after web is verified. */
export class Worker extends pulumi.ComponentResource {
  readonly service: aws.ecs.Service;

  constructor(name: string, args: Placement & { task: Task; web: Web }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Worker', name, {}, opts);
    const { config, task, web, firewall, order } = args;
    this.service = new aws.ecs.Service(
      name,
      {
        ...serviceBasics(args, 'worker', task.definition, firewall.tasks),
        desiredCount: config.worker.count,
        // Any number of workers may run, including none; jobs stay in the queue.
        deploymentMinimumHealthyPercent: 50,
      },
      {
        parent: this,
        hooks: order.worker,
        customTimeouts: SERVICE_TIMEOUTS,
        dependsOn: [web.service, ...task.prerequisites],
      },
    );
    this.registerOutputs({ service: this.service.name });
  }
}
