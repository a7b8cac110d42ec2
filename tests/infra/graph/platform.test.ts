import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { stackConfig } from '../../../infra/graph/stacks.ts';
import { all, find, recorded } from './recorded.ts';

const ALARMS = [
  ...['web-5xx', 'web-faults', 'web-latency', 'web-unhealthy', 'balancer-5xx'],
  ...['web', 'worker'].flatMap((process) => ['cpu', 'memory', 'missing'].map((what) => `${process}-${what}`)),
  ...['storage', 'connections', 'cpu', 'memory'].map((what) => `database-${what}`),
  ...['queue-lag', 'seal-lag', 'prune-not-started'],
];

test('every alarm notifies the topic on alarm and recovery and references an existing playbook', async () => {
  const graph = await recorded('production');
  const alarms = all(graph, 'cloudwatch/metricAlarm:MetricAlarm');
  expect(alarms.map(({ inputs }) => String(inputs.name)).sort()).toEqual(
    ALARMS.map((key) => `golive-production-${key}`).sort(),
  );
  const topic = 'arn:aws:sns:eu-central-1:123456789012:golive-production-alerts';
  const playbooks = readFileSync('docs/ALERTS_PLAYBOOKS.md', 'utf8');
  for (const { name, inputs } of alarms) {
    expect([inputs.alarmActions, inputs.okActions], name).toEqual([[topic], [topic]]);
    const [, playbook] = /Playbook: docs\/ALERTS_PLAYBOOKS\.md, (\w+)$/.exec(String(inputs.alarmDescription)) ?? [];
    expect(playbooks, name).toContain(`\n## ${playbook}\n`);
  }
  expect(find(graph, 'sns/topicSubscription:TopicSubscription').inputs).toMatchObject({ protocol: 'email', topic });
});

test('ECS events are alerted: a failed migrate or prune, a stopped task, a rolled-back deployment', async () => {
  const graph = await recorded('production');
  const rules = all(graph, 'cloudwatch/eventRule:EventRule');
  const patterns = Object.fromEntries(
    rules.map(({ name, inputs }) => [name, JSON.parse(String(inputs.eventPattern)) as { detail: object }]),
  );
  expect(Object.keys(patterns).sort()).toEqual(
    ['migrate-failed', 'prune-failed', 'rolled-back', 'task-died'].map((what) => `task-events-${what}`),
  );
  expect(patterns['task-events-migrate-failed']?.detail).toMatchObject({
    group: ['family:golive-production-migrate'],
    $or: [{ containers: { exitCode: [{ 'anything-but': [0] }] } }, { stopCode: ['TaskFailedToStart'] }],
  });
  expect(patterns['task-events-rolled-back']?.detail).toEqual({ eventName: ['SERVICE_DEPLOYMENT_FAILED'] });
  const told = all(graph, 'cloudwatch/eventTarget:EventTarget').map(({ inputs }) => inputs.arn);
  expect(new Set(told)).toEqual(new Set(['arn:aws:sns:eu-central-1:123456789012:golive-production-alerts']));
});

test('web scales within the configured bounds, and its two alarms roll back a deployment', async () => {
  const { web } = await stackConfig('production');
  const graph = await recorded('production');
  expect(find(graph, 'appautoscaling/target:Target').inputs).toMatchObject({
    resourceId: 'service/golive-production/web',
    minCapacity: web.min,
    maxCapacity: web.max,
  });
  const metrics = all(graph, 'appautoscaling/policy:Policy').map(
    ({ inputs }) =>
      (inputs.targetTrackingScalingPolicyConfiguration as { predefinedMetricSpecification: object })
        .predefinedMetricSpecification,
  );
  expect(metrics).toEqual([
    { predefinedMetricType: 'ECSServiceAverageCPUUtilization' },
    { predefinedMetricType: 'ECSServiceAverageMemoryUtilization' },
  ]);
  expect(find(graph, 'ecs/service:Service', 'web').inputs.alarms).toEqual({
    enable: true,
    rollback: true,
    alarmNames: ['golive-production-web-faults', 'golive-production-web-unhealthy'],
  });
});

test('the domain leads to the load balancer, by a certificate proven in the same zone', async () => {
  const { dns } = await stackConfig('production');
  const graph = await recorded('production');
  expect(find(graph, 'acm/certificate:Certificate').inputs).toMatchObject({
    domainName: dns.domain,
    validationMethod: 'DNS',
  });
  const proof = find(graph, 'route53/record:Record', 'certificate-proof').inputs;
  expect(proof).toMatchObject({ zoneId: dns.hostedZoneId, type: 'CNAME' });
  expect(find(graph, 'route53/record:Record', 'balancer-domain').inputs).toMatchObject({
    name: dns.domain,
    type: 'A',
    aliases: [{ name: 'golive-production.elb.amazonaws.com' }],
  });
  expect(find(graph, 'lb/listener:Listener', 'balancer-https').inputs.certificateArn).toMatch(/:certificate\//);
});

test('the firewall for web comes and goes with its setting, and spares the batches of agents', async () => {
  expect(all(await recorded('staging'), 'wafv2/webAcl:WebAcl')).toEqual([]);
  const { rules } = find(await recorded('production'), 'wafv2/webAcl:WebAcl').inputs as { rules: { name: string }[] };
  expect(rules.map(({ name }) => name)).toEqual([
    'AWSManagedRulesCommonRuleSet',
    'AWSManagedRulesKnownBadInputsRuleSet',
    'AWSManagedRulesAmazonIpReputationList',
    'RateLimit',
  ]);
  expect(rules[0]).toMatchObject({
    statement: {
      managedRuleGroupStatement: {
        ruleActionOverrides: [{ name: 'SizeRestrictions_BODY', actionToUse: { count: {} } }],
      },
    },
  });
});

test('the budget alerts on forecast and actual cost', async () => {
  const { alerts } = await stackConfig('production');
  const { inputs } = find(await recorded('production'), 'budgets/budget:Budget');
  expect(inputs).toMatchObject({
    limitAmount: String(alerts.monthlyBudgetUsd),
    costFilters: [{ name: 'TagKeyValue', values: ['user:stack$production'] }],
  });
  const letters = inputs.notifications as Record<string, unknown>[];
  expect(letters.map((one) => [one.notificationType, one.threshold, one.subscriberEmailAddresses])).toEqual([
    ['FORECASTED', 100, [alerts.email]],
    ['ACTUAL', 80, [alerts.email]],
    ['ACTUAL', 100, [alerts.email]],
  ]);
});

test('the database has a parameter group of its own and is observed; images go when no rollback needs them', async () => {
  const graph = await recorded('production');
  expect(find(graph, 'rds/instance:Instance').inputs).toMatchObject({
    performanceInsightsEnabled: true,
    backupRetentionPeriod: 14,
    parameterGroupName: expect.stringMatching(/^database/) as string,
  });
  for (const { inputs } of all(graph, 'ecr/lifecyclePolicy:LifecyclePolicy')) {
    const { rules } = JSON.parse(String(inputs.policy)) as { rules: { selection: { tagStatus: string } }[] };
    expect(rules.map(({ selection }) => selection.tagStatus)).toEqual(['untagged', 'any']);
  }
});

test('the dashboard charts no service, balancer or database but this stack’s own', async () => {
  const graph = await recorded('production');
  const body = String(find(graph, 'cloudwatch/dashboard:Dashboard').inputs.dashboardBody);
  const { widgets } = JSON.parse(body) as { widgets: { properties: { title: string; metrics: string[][] } }[] };
  expect(widgets).toHaveLength(9);
  const subjects = widgets.flatMap(({ properties }) => properties.metrics.map((metric) => metric.slice(2)));
  const [balancer] = all(graph, 'lb/loadBalancer:LoadBalancer');
  expect(balancer?.inputs.name).toBe('golive-production');
  for (const subject of subjects.filter(({ length }) => length > 0))
    expect(subject.join(' ')).toMatch(/golive-production/);
});
