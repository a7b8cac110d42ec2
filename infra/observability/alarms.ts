import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { FAULT_SIGNAL, HEALTH_SIGNAL, SIGNALS } from '#lib/release/signals.ts';
import { alarmTable, FAULTS_METRIC, OWN_NAMESPACE, type AlarmContext, type AlarmSpec } from './alarm-table.ts';
import type { Alerts } from './alerts.ts';
import type { Logs } from './logs.ts';

type AlarmsArgs = AlarmContext & { alerts: Alerts; logs: Logs };

/** Creates the CloudWatch alarms of the table and the log metric filters that some of them use. */
export class Alarms extends pulumi.ComponentResource {
  /** Names of the alarms that roll back a web deployment. */
  readonly stopRollout: pulumi.Output<string>[] = [];

  constructor(name: string, args: AlarmsArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Alarms', name, {}, opts);
    this.signalMetrics(name, args);
    for (const spec of alarmTable(args)) {
      const alarm = this.alarm(name, spec, args);
      if (spec.stopsRollout) this.stopRollout.push(alarm.name);
    }
    this.registerOutputs({});
  }

  private alarm(name: string, spec: AlarmSpec, { names, alerts }: AlarmsArgs): aws.cloudwatch.MetricAlarm {
    const percentile = /^p\d/.test(spec.statistic);
    return new aws.cloudwatch.MetricAlarm(
      `${name}-${spec.key}`,
      {
        name: `${names.base}-${spec.key}`,
        alarmDescription: `${spec.description}. Playbook: docs/ALERTS_PLAYBOOKS.md, ${spec.playbook}`,
        namespace: spec.namespace,
        metricName: spec.metricName,
        dimensions: spec.dimensions,
        ...(percentile ? { extendedStatistic: spec.statistic } : { statistic: spec.statistic }),
        comparisonOperator: spec.above === undefined ? 'LessThanThreshold' : 'GreaterThanThreshold',
        threshold: spec.above ?? spec.below ?? 0,
        period: 60,
        evaluationPeriods: spec.minutes,
        datapointsToAlarm: spec.minutes,
        treatMissingData: spec.missingDataIsBreaching ? 'breaching' : 'notBreaching',
        alarmActions: [alerts.topic.arn],
        okActions: [alerts.topic.arn],
      },
      { parent: this },
    );
  }

  private signalMetrics(name: string, { names, logs }: AlarmsArgs): void {
    for (const field of Object.keys(SIGNALS))
      new aws.cloudwatch.LogMetricFilter(
        `${name}-${field}`,
        {
          logGroupName: logs.groups.worker.name,
          pattern: `{ $.signal = "${HEALTH_SIGNAL}" && $.${field} = * }`,
          metricTransformation: { namespace: OWN_NAMESPACE, name: `${names.base}-${field}`, value: `$.${field}` },
        },
        { parent: this },
      );
    new aws.cloudwatch.LogMetricFilter(
      `${name}-${FAULTS_METRIC}`,
      {
        logGroupName: logs.groups.web.name,
        pattern: `{ $.signal = "${FAULT_SIGNAL}" }`,
        metricTransformation: { namespace: OWN_NAMESPACE, name: `${names.base}-${FAULTS_METRIC}`, value: '1' },
      },
      { parent: this },
    );
  }
}
