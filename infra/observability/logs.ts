import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { PROCESSES, type Process } from '#lib/release/contract.ts';
import type { Names } from '../names.ts';

/** One log group per process, plus the two of RDS, which would otherwise have no retention. */
export class Logs extends pulumi.ComponentResource {
  readonly groups: Record<Process, aws.cloudwatch.LogGroup>;
  readonly database: aws.cloudwatch.LogGroup[];

  constructor(name: string, args: { names: Names; retentionDays: number }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Logs', name, {}, opts);
    const group = (label: string, physical: string) =>
      new aws.cloudwatch.LogGroup(
        `${name}-${label}`,
        { name: physical, retentionInDays: args.retentionDays },
        { parent: this },
      );
    this.groups = Object.fromEntries(
      PROCESSES.map((process) => [process, group(process, args.names.logGroup(process))]),
    ) as Record<Process, aws.cloudwatch.LogGroup>;
    this.database = ['postgresql', 'upgrade'].map((kind) =>
      group(`rds-${kind}`, `/aws/rds/instance/${args.names.database}/${kind}`),
    );
    this.registerOutputs({});
  }
}
