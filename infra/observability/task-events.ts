import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Process } from '#lib/release/contract.ts';
import type { Alerts } from './alerts.ts';
import type { Names } from '../names.ts';

interface TaskEventsArgs {
  names: Names;
  clusterArn: pulumi.Input<string>;
  alerts: Alerts;
}

/** Alerts on ECS events without a metric: a failed migrate or prune task, a service task that stopped unexpectedly, a rolled-back deployment. */
export class TaskEvents extends pulumi.ComponentResource {
  constructor(name: string, args: TaskEventsArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:TaskEvents', name, {}, opts);
    const { names, clusterArn } = args;
    const stopped = (group: string[], detail: object) => ({
      source: ['aws.ecs'],
      'detail-type': ['ECS Task State Change'],
      detail: { clusterArn: [clusterArn], lastStatus: ['STOPPED'], group, ...detail },
    });
    const family = (process: Process) => `family:${names.family(process)}`;
    const service = (process: 'web' | 'worker') => `service:${names.service(process)}`;
    const notZero = { containers: { exitCode: [{ 'anything-but': [0] }] } };
    const neverStarted = { stopCode: ['TaskFailedToStart'] };

    for (const process of ['migrate', 'prune'] as const)
      this.notify(
        `${name}-${process}-failed`,
        args,
        `The ${process} task of ${names.base} failed`,
        stopped([family(process)], { $or: [notZero, neverStarted] }),
      );
    this.notify(
      `${name}-task-died`,
      args,
      `A task of ${names.base} died by itself and is being replaced`,
      stopped([service('web'), service('worker')], { stopCode: ['EssentialContainerExited', 'TaskFailedToStart'] }),
    );
    this.notify(`${name}-rolled-back`, args, `A rollout of ${names.base} failed`, {
      source: ['aws.ecs'],
      'detail-type': ['ECS Deployment State Change'],
      resources: [{ wildcard: `arn:aws:ecs:*:*:service/${names.cluster}/*` }],
      detail: { eventName: ['SERVICE_DEPLOYMENT_FAILED'] },
    });
    this.registerOutputs({});
  }

  private notify(name: string, { alerts }: TaskEventsArgs, sentence: string, pattern: object): void {
    const rule = new aws.cloudwatch.EventRule(
      name,
      { description: sentence, eventPattern: pulumi.jsonStringify(pattern) },
      { parent: this },
    );
    new aws.cloudwatch.EventTarget(
      name,
      {
        rule: rule.name,
        arn: alerts.topic.arn,
        inputTransformer: {
          inputPaths: { reason: '$.detail.stoppedReason', resource: '$.resources[0]' },
          inputTemplate: JSON.stringify(`${sentence}: <reason> (<resource>)`),
        },
      },
      { parent: this },
    );
  }
}
