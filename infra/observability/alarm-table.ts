import type * as pulumi from '@pulumi/pulumi';
import { DATABASE_CONNECTIONS } from '../compute/sizing.ts';
import { SIGNALS, type SignalName } from '#lib/release/signals.ts';
import type { Config } from '../config.ts';
import type { Names } from '../names.ts';

/** Namespace of metrics derived from log lines. */
export const OWN_NAMESPACE = 'golive';
/** Suffix of the metric that counts responses with internal errors. */
export const FAULTS_METRIC = 'faults';

export interface AlarmSpec {
  /** Ends the alarm's name. */
  key: string;
  description: string;
  /** Heading of the playbook in docs/ALERTS_PLAYBOOKS.md; part of the alarm text. */
  playbook: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, pulumi.Input<string>>;
  /** `Sum`, `Average`, `Maximum`, or a percentile like `p95`. */
  statistic: string;
  above?: number;
  below?: number;
  /** Minutes over the threshold before the alarm goes off. */
  minutes: number;
  /** Missing data counts as breaching: the reporter is gone. */
  missingDataIsBreaching?: boolean;
  /** Also rolls back a web deployment during which it goes off. */
  stopsRollout?: boolean;
}

export interface AlarmContext {
  config: Config;
  names: Names;
  balancer: pulumi.Input<string>;
  targets: pulumi.Input<string>;
  deadLetterQueue: pulumi.Input<string>;
}

const PERCENT = 80;
const GIB = 1024 ** 3;

/** Every alarm of a stack. The thresholds are initial values; adjust them after false or missed alarms. */
export function alarmTable(context: AlarmContext): AlarmSpec[] {
  return [...web(context), ...tasks(context), ...database(context), ...signals(context), prune(context)];
}

function web({ names, balancer, targets }: AlarmContext): AlarmSpec[] {
  const shared = { namespace: 'AWS/ApplicationELB', dimensions: { LoadBalancer: balancer, TargetGroup: targets } };
  return [
    {
      key: 'web-5xx',
      description: 'The app responds with errors or rejects requests under load',
      playbook: 'ErrorRate',
      ...shared,
      metricName: 'HTTPCode_Target_5XX_Count',
      statistic: 'Sum',
      above: 10,
      minutes: 3,
    },
    {
      key: 'web-faults',
      description: 'The app responds with internal errors',
      playbook: 'ErrorRate',
      namespace: OWN_NAMESPACE,
      dimensions: {},
      metricName: `${names.base}-${FAULTS_METRIC}`,
      statistic: 'Sum',
      above: 5,
      minutes: 3,
      stopsRollout: true,
    },
    {
      key: 'web-unhealthy',
      description: 'A web task fails its health check',
      playbook: 'HealthDown',
      ...shared,
      metricName: 'UnHealthyHostCount',
      statistic: 'Maximum',
      above: 0,
      minutes: 5,
      stopsRollout: true,
    },
    {
      key: 'web-latency',
      description: 'The 95th percentile of the response time is over two seconds',
      playbook: 'TasksStrained',
      ...shared,
      metricName: 'TargetResponseTime',
      statistic: 'p95',
      above: 2,
      minutes: 5,
    },
    {
      key: 'balancer-5xx',
      description: 'The load balancer responds with errors: no healthy task, or an unresponsive task',
      playbook: 'HealthDown',
      namespace: 'AWS/ApplicationELB',
      dimensions: { LoadBalancer: balancer },
      metricName: 'HTTPCode_ELB_5XX_Count',
      statistic: 'Sum',
      above: 10,
      minutes: 3,
    },
  ];
}

function tasks({ names }: AlarmContext): AlarmSpec[] {
  return (['web', 'worker'] as const).flatMap((process) => {
    const dimensions = { ClusterName: names.cluster, ServiceName: names.service(process) };
    const usage = {
      playbook: 'TasksStrained',
      namespace: 'AWS/ECS',
      dimensions,
      statistic: 'Average',
      above: PERCENT,
      minutes: 10,
    };
    return [
      { key: `${process}-cpu`, description: `${process} is at its CPU limit`, ...usage, metricName: 'CPUUtilization' },
      {
        key: `${process}-memory`,
        description: `${process} is close to its memory limit`,
        ...usage,
        metricName: 'MemoryUtilization',
      },
      {
        key: `${process}-missing`,
        description: `No ${process} task runs`,
        playbook: process === 'web' ? 'HealthDown' : 'QueueLag',
        namespace: 'ECS/ContainerInsights',
        dimensions,
        metricName: 'RunningTaskCount',
        statistic: 'Minimum',
        below: 1,
        minutes: 5,
        missingDataIsBreaching: true,
      },
    ];
  });
}

function database({ config, names }: AlarmContext): AlarmSpec[] {
  const shared = { namespace: 'AWS/RDS', dimensions: { DBInstanceIdentifier: names.database } };
  const connections = Math.floor(((DATABASE_CONNECTIONS[config.database.instanceClass] ?? 0) * PERCENT) / 100);
  return [
    {
      key: 'database-cpu',
      description: 'The database is at its CPU limit',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'CPUUtilization',
      statistic: 'Average',
      above: PERCENT,
      minutes: 15,
    },
    {
      key: 'database-connections',
      description: 'The database is running out of connections',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'DatabaseConnections',
      statistic: 'Maximum',
      above: connections,
      minutes: 5,
    },
    {
      key: 'database-storage',
      description: 'The database is running out of storage',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'FreeStorageSpace',
      statistic: 'Minimum',
      below: Math.max(2, config.database.storageGb / 10) * GIB,
      minutes: 15,
    },
    {
      key: 'database-memory',
      description: 'The database is low on memory',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'FreeableMemory',
      statistic: 'Average',
      below: 0.1 * GIB,
      minutes: 15,
    },
  ];
}

const SIGNAL_ALARMS: Record<SignalName, Pick<AlarmSpec, 'key' | 'description' | 'playbook'>> = {
  queueLagSeconds: { key: 'queue-lag', description: 'Agents’ events wait to be processed', playbook: 'QueueLag' },
  sealLagSeconds: { key: 'seal-lag', description: 'New audit events are not being sealed', playbook: 'SealLag' },
};

function signals({ names }: AlarmContext): AlarmSpec[] {
  return Object.entries(SIGNALS).map(([metricName, { alarmAbove }]) => ({
    ...SIGNAL_ALARMS[metricName as SignalName],
    namespace: OWN_NAMESPACE,
    dimensions: {},
    metricName: `${names.base}-${metricName}`,
    statistic: 'Maximum',
    above: alarmAbove,
    minutes: 5,
    missingDataIsBreaching: true,
  }));
}

function prune({ deadLetterQueue }: AlarmContext): AlarmSpec {
  return {
    key: 'prune-not-started',
    description: 'The daily prune could not be started',
    playbook: 'PruneFailed',
    namespace: 'AWS/SQS',
    dimensions: { QueueName: deadLetterQueue },
    metricName: 'ApproximateNumberOfMessagesVisible',
    statistic: 'Maximum',
    above: 0,
    minutes: 5,
  };
}
