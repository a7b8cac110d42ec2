import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { PRUNE_SCHEDULE } from '#lib/release/contract.ts';
import { allow, grant, trust } from './roles.ts';
import type { Task } from './task.ts';
import type { Web } from './web.ts';
import type { Worker } from './worker.ts';
import { privateNetwork, type Placement } from './workload.ts';

/** EventBridge cron has six fields and a question mark for one of the two day fields. */
export function schedulerCron(cron: string): string {
  const [minute, hour, day, month, weekday] = cron.split(' ');
  if (day !== '*' && weekday !== '*')
    throw new Error(`EventBridge cannot express a day of month and of week at once: ${cron}`);
  return weekday === '*'
    ? `cron(${minute} ${hour} ${day} ${month} ? *)`
    : `cron(${minute} ${hour} ? ${month} ${weekday} *)`;
}

/** A failed start is retried for two hours, then sent to the dead-letter queue, which has an alarm. */
const RETRY = { maximumRetryAttempts: 10, maximumEventAgeInSeconds: 7200 };

/** The scheduled daily prune of the audit log; updated last in a release. */
export class Prune extends pulumi.ComponentResource {
  readonly schedule: aws.scheduler.Schedule;
  readonly deadLetters: aws.sqs.Queue;

  constructor(
    name: string,
    args: Placement & { task: Task; web: Web; worker: Worker },
    opts: pulumi.ComponentResourceOptions,
  ) {
    super('golive:infra:Prune', name, {}, opts);
    const { names, cluster, task, firewall, order } = args;
    this.deadLetters = new aws.sqs.Queue(
      name,
      { name: names.schedule, sqsManagedSseEnabled: true, messageRetentionSeconds: 1209600 },
      { parent: this },
    );
    const role = this.starter(name, args);
    const group = new aws.scheduler.ScheduleGroup(name, { name: names.base }, { parent: this });
    this.schedule = new aws.scheduler.Schedule(
      name,
      {
        name: 'prune',
        groupName: group.name,
        scheduleExpression: schedulerCron(PRUNE_SCHEDULE),
        scheduleExpressionTimezone: 'UTC',
        flexibleTimeWindow: { mode: 'OFF' },
        target: {
          arn: cluster.arn,
          roleArn: role.arn,
          retryPolicy: RETRY,
          deadLetterConfig: { arn: this.deadLetters.arn },
          ecsParameters: {
            taskDefinitionArn: task.definition.arn,
            launchType: 'FARGATE',
            taskCount: 1,
            networkConfiguration: privateNetwork(args, firewall.tasks),
          },
        },
      },
      {
        parent: this,
        hooks: order.prune,
        dependsOn: [args.web.service, args.worker.service, ...task.prerequisites],
      },
    );
    this.registerOutputs({ schedule: this.schedule.name });
  }

  /** May start this one family in this one cluster, with its two roles. */
  private starter(name: string, { names, cluster, task }: Placement & { task: Task }): aws.iam.Role {
    const role = new aws.iam.Role(
      `${name}-starter`,
      { name: `${names.schedule}-starter`, assumeRolePolicy: JSON.stringify(trust('scheduler.amazonaws.com')) },
      { parent: this },
    );
    const revisions = pulumi.interpolate`${task.definition.arnWithoutRevision}:*`;
    grant(
      `${name}-starter`,
      role,
      [
        { ...allow(['ecs:RunTask'], [revisions]), ...{ Condition: { ArnEquals: { 'ecs:cluster': cluster.arn } } } },
        allow(['iam:PassRole'], [task.roles.execution.arn, task.roles.task.arn]),
        allow(['sqs:SendMessage'], [this.deadLetters.arn]),
      ],
      { parent: this },
    );
    return role;
  }
}
