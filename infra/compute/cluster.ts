import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from '../names.ts';

/** The Fargate cluster, with the metrics that the alarms and the dashboard read. */
export class Cluster extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly clusterName: pulumi.Output<string>;

  constructor(name: string, args: { names: Names }, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Cluster', name, {}, opts);
    const cluster = new aws.ecs.Cluster(
      name,
      { name: args.names.cluster, settings: [{ name: 'containerInsights', value: 'enabled' }] },
      { parent: this },
    );
    new aws.ecs.ClusterCapacityProviders(
      name,
      {
        clusterName: cluster.name,
        capacityProviders: ['FARGATE'],
        defaultCapacityProviderStrategies: [{ capacityProvider: 'FARGATE', weight: 1 }],
      },
      { parent: this },
    );
    this.arn = cluster.arn;
    this.clusterName = cluster.name;
    this.registerOutputs({ arn: this.arn });
  }
}
