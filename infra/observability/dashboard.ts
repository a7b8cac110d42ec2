import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { SIGNALS } from '#lib/release/signals.ts';
import { OWN_NAMESPACE } from './alarm-table.ts';
import type { Names } from '../names.ts';

interface DashboardArgs {
  names: Names;
  region: string;
  balancer: pulumi.Input<string>;
  targets: pulumi.Input<string>;
}

type Metric = pulumi.Input<string>[];

const WIDTH = 8;
const HEIGHT = 6;
const COLUMNS = 24 / WIDTH;

/** The CloudWatch dashboard: load balancer, tasks, database, worker lag. */
export class Dashboard extends pulumi.ComponentResource {
  constructor(name: string, args: DashboardArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Dashboard', name, {}, opts);
    const widgets = charts(args).map(({ title, stat, metrics }, index) => ({
      type: 'metric',
      x: (index % COLUMNS) * WIDTH,
      y: Math.floor(index / COLUMNS) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, stat, metrics, region: args.region, period: 60, view: 'timeSeries' },
    }));
    new aws.cloudwatch.Dashboard(
      name,
      { dashboardName: args.names.base, dashboardBody: pulumi.jsonStringify({ widgets }) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

function charts({ names, balancer, targets }: DashboardArgs): { title: string; stat: string; metrics: Metric[] }[] {
  const loadBalancerMetric = (metric: string): Metric => [
    'AWS/ApplicationELB',
    metric,
    'LoadBalancer',
    balancer,
    'TargetGroup',
    targets,
  ];
  const service = (metric: string): Metric[] =>
    (['web', 'worker'] as const).map((process) => [
      'AWS/ECS',
      metric,
      'ClusterName',
      names.cluster,
      'ServiceName',
      names.service(process),
    ]);
  const database = (metric: string): Metric => ['AWS/RDS', metric, 'DBInstanceIdentifier', names.database];
  return [
    {
      title: 'Requests a minute',
      stat: 'Sum',
      metrics: [
        loadBalancerMetric('RequestCount'),
        loadBalancerMetric('HTTPCode_Target_5XX_Count'),
        loadBalancerMetric('HTTPCode_Target_4XX_Count'),
      ],
    },
    { title: 'Response time, p95, seconds', stat: 'p95', metrics: [loadBalancerMetric('TargetResponseTime')] },
    {
      title: 'Healthy and unhealthy web tasks',
      stat: 'Minimum',
      metrics: [loadBalancerMetric('HealthyHostCount'), loadBalancerMetric('UnHealthyHostCount')],
    },
    { title: 'CPU of tasks, percent', stat: 'Average', metrics: service('CPUUtilization') },
    { title: 'Memory of tasks, percent', stat: 'Average', metrics: service('MemoryUtilization') },
    {
      title: 'Lag of queue and seal, seconds',
      stat: 'Maximum',
      metrics: Object.keys(SIGNALS).map((field) => [OWN_NAMESPACE, `${names.base}-${field}`]),
    },
    { title: 'Database CPU, percent', stat: 'Average', metrics: [database('CPUUtilization')] },
    { title: 'Database connections', stat: 'Maximum', metrics: [database('DatabaseConnections')] },
    { title: 'Database free storage, bytes', stat: 'Minimum', metrics: [database('FreeStorageSpace')] },
  ];
}
