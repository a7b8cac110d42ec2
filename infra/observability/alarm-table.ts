import type * as pulumi from '@pulumi/pulumi';
import { DATABASE_CONNECTIONS } from '../compute/sizing.ts';
import { SIGNALS, type SignalName } from '#lib/release/signals.ts';
import type { Config } from '../config.ts';
import type { Names } from '../names.ts';

/** Metrics made from log lines live here. */
export const OWN_NAMESPACE = 'golive';
/** Ends the name of the metric that counts answers which are the app's own fault. */
export const FAULTS_METRIC = 'faults';

export interface AlarmSpec {
  /** Ends the alarm's name. */
  key: string;
  description: string;
  /** Its heading in docs/ALERTS_PLAYBOOKS.md, which the mail names. */
  playbook: string;
  namespace: string;
  metricName: string;
  dimensions: Record<string, pulumi.Input<string>>;
  /** `Sum`, `Average`, `Maximum`, or a percentile like `p95`. */
  statistic: string;
  above?: number;
  below?: number;
  /** Minutes that the value must be bad before anyone is woken. */
  minutes: number;
  /** Silence is bad: the thing that should report is gone. */
  silenceIsBad?: boolean;
  /** Also turns back a rollout of web that sets it off. */
  stopsRollout?: boolean;
}

export interface AlarmFacts {
  config: Config;
  names: Names;
  balancer: pulumi.Input<string>;
  targets: pulumi.Input<string>;
  deadLetterQueue: pulumi.Input<string>;
}

const PERCENT = 80;
const GIB = 1024 ** 3;

/** Every alarm of a stack. Thresholds are a first guess: change them when they wake someone for nothing, or do not when they should. */
export function alarmTable(facts: AlarmFacts): AlarmSpec[] {
  return [...web(facts), ...tasks(facts), ...database(facts), ...signals(facts), prune(facts)];
}

function web({ names, balancer, targets }: AlarmFacts): AlarmSpec[] {
  const shared = { namespace: 'AWS/ApplicationELB', dimensions: { LoadBalancer: balancer, TargetGroup: targets } };
  return [
    {
      key: 'web-5xx',
      description: 'The app answers with errors, or turns requests away because there are too many',
      playbook: 'ErrorRate',
      ...shared,
      metricName: 'HTTPCode_Target_5XX_Count',
      statistic: 'Sum',
      above: 10,
      minutes: 3,
    },
    {
      key: 'web-faults',
      description: 'The app answers with faults of its own, which no request causes by what it asks for',
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
      description: 'One answer in twenty takes over two seconds',
      playbook: 'TasksStrained',
      ...shared,
      metricName: 'TargetResponseTime',
      statistic: 'p95',
      above: 2,
      minutes: 5,
    },
    {
      key: 'balancer-5xx',
      description: 'The load balancer itself answers with errors: no healthy task, or a task that hangs',
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

function tasks({ names }: AlarmFacts): AlarmSpec[] {
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
      { key: `${process}-cpu`, description: `${process} works at its limit`, ...usage, metricName: 'CPUUtilization' },
      {
        key: `${process}-memory`,
        description: `${process} is about to be killed for its memory`,
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
        silenceIsBad: true,
      },
    ];
  });
}

function database({ config, names }: AlarmFacts): AlarmSpec[] {
  const shared = { namespace: 'AWS/RDS', dimensions: { DBInstanceIdentifier: names.database } };
  const connections = Math.floor(((DATABASE_CONNECTIONS[config.database.instanceClass] ?? 0) * PERCENT) / 100);
  return [
    {
      key: 'database-cpu',
      description: 'The database works at its limit',
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
      description: 'The database disk fills up although it may grow',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'FreeStorageSpace',
      statistic: 'Minimum',
      below: Math.max(2, config.database.storageGb / 10) * GIB,
      minutes: 15,
    },
    {
      key: 'database-memory',
      description: 'The database swaps soon',
      playbook: 'DatabaseStrained',
      ...shared,
      metricName: 'FreeableMemory',
      statistic: 'Average',
      below: 0.1 * GIB,
      minutes: 15,
    },
  ];
}

const ABOUT: Record<SignalName, Pick<AlarmSpec, 'key' | 'description' | 'playbook'>> = {
  queueLagSeconds: { key: 'queue-lag', description: 'Agents’ events wait to be processed', playbook: 'QueueLag' },
  sealLagSeconds: { key: 'seal-lag', description: 'New audit events are not being sealed', playbook: 'SealLag' },
};

function signals({ names }: AlarmFacts): AlarmSpec[] {
  return Object.entries(SIGNALS).map(([metricName, { alarmAbove }]) => ({
    ...ABOUT[metricName as SignalName],
    namespace: OWN_NAMESPACE,
    dimensions: {},
    metricName: `${names.base}-${metricName}`,
    statistic: 'Maximum',
    above: alarmAbove,
    minutes: 5,
    silenceIsBad: true,
  }));
}

function prune({ deadLetterQueue }: AlarmFacts): AlarmSpec {
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
