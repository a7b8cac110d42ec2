import { describe, expect, test } from 'vitest';
import { checkRules } from '../../../infra/graph/check.ts';
import type { RecordedGraph } from '../../../infra/graph/record.ts';
import { STACKS } from '../../../infra/graph/stacks.ts';
import { RULES } from '../../../infra/policies/rules.ts';
import { all, find, recorded } from './recorded.ts';

test.each(STACKS)('%s breaks no rule', async (stack) => {
  expect(await checkRules(await recorded(stack))).toEqual([]);
});

type Break = (graph: RecordedGraph) => void;

const set =
  (type: string, change: object, name?: string): Break =>
  (graph) =>
    void Object.assign(find(graph, type, name).inputs, change);

const inContainer =
  (change: (container: Record<string, unknown>) => void): Break =>
  (graph) => {
    const { inputs } = find(graph, 'ecs/taskDefinition:TaskDefinition', 'web-task');
    const containers = JSON.parse(inputs.containerDefinitions as string) as Record<string, unknown>[];
    change(containers[0]!);
    inputs.containerDefinitions = JSON.stringify(containers);
  };

const statement = (change: object) => JSON.stringify({ Statement: [{ Effect: 'Allow', ...change }] });
const remove =
  (type: string, name: string): Break =>
  (graph) => {
    graph.resources = graph.resources.filter((one) => !(one.type === `aws:${type}` && one.name === name));
  };

const SERVICE = 'ecs/service:Service';
const DATABASE = 'rds/instance:Instance';
const POLICY = 'iam/rolePolicy:RolePolicy';

/** For each rule, ways to break it; a rule without one is not known to work. */
const BROKEN: Record<string, Break[]> = {
  'world-reaches-web-ports-only': [
    set('vpc/securityGroupIngressRule:SecurityGroupIngressRule', { fromPort: 22, toPort: 22 }, 'firewall-http'),
    set('vpc/securityGroupIngressRule:SecurityGroupIngressRule', { cidrIpv6: '::/0', fromPort: 5432 }, 'firewall-http'),
  ],
  'no-rules-inside-groups': [set('ec2/securityGroup:SecurityGroup', { ingress: [{ fromPort: 22 }] }, 'firewall-web')],
  'world-reaches-the-balancer-only': [
    (graph) => {
      const ingress = find(graph, 'vpc/securityGroupIngressRule:SecurityGroupIngressRule', 'firewall-https').inputs;
      ingress.securityGroupId = 'firewall-web-id';
    },
    set(DATABASE, { vpcSecurityGroupIds: ['firewall-balancer-id'] }),
  ],
  'tasks-have-no-public-address': [set(SERVICE, { networkConfiguration: { assignPublicIp: true } }, 'worker')],
  'scheduled-tasks-have-no-public-address': [
    set('scheduler/schedule:Schedule', { target: { ecsParameters: { networkConfiguration: {} } } }),
  ],
  'https-is-modern': [
    set('lb/listener:Listener', { sslPolicy: 'ELBSecurityPolicy-2016-08' }, 'balancer-https'),
    set('lb/listener:Listener', { defaultActions: [{ type: 'forward' }] }, 'balancer-http'),
  ],
  'balancer-is-hardened': [
    set('lb/loadBalancer:LoadBalancer', { dropInvalidHeaderFields: false }),
    set('lb/loadBalancer:LoadBalancer', { accessLogs: { enabled: false } }),
  ],
  'database-is-private-and-encrypted': [
    set(DATABASE, { publiclyAccessible: true }),
    set(DATABASE, { storageEncrypted: false }),
  ],
  'database-is-backed-up': [
    set(DATABASE, { backupRetentionPeriod: 1 }),
    set(DATABASE, { deleteAutomatedBackups: true }),
    set(DATABASE, { skipFinalSnapshot: true }),
  ],
  'database-demands-tls': [set('rds/parameterGroup:ParameterGroup', { parameters: [] })],
  'stateful-is-protected': [
    (graph) => void (find(graph, DATABASE).protect = false),
    (graph) => void (find(graph, 'ecr/repository:Repository', 'registry-runner').protect = false),
  ],
  'buckets-are-closed': [
    set('s3/bucketPublicAccessBlock:BucketPublicAccessBlock', { blockPublicPolicy: false }, 'storage-archive'),
    remove('s3/bucketVersioning:BucketVersioning', 'storage-archive'),
    set('s3/bucketPolicy:BucketPolicy', { policy: statement({ Action: 's3:GetObject' }) }, 'releases'),
  ],
  'archive-is-locked': [remove('s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration', 'storage-archive')],
  'queues-are-encrypted': [set('sqs/queue:Queue', { sqsManagedSseEnabled: false })],
  'images-by-digest': [inContainer((one) => (one.image = 'golive:latest'))],
  'secrets-stay-out-of-the-environment': [
    inContainer((one) => (one.environment = [{ name: 'NEXTAUTH_SECRET', value: 'x' }])),
    inContainer((one) => (one.environment = [{ name: 'CACHE', value: 'redis://me:pw@host' }])),
  ],
  'secrets-come-from-secrets-manager': [inContainer((one) => (one.secrets = [{ name: 'A', valueFrom: '/parameter' }]))],
  'containers-are-confined': [
    inContainer((one) => (one.user = 'root')),
    inContainer((one) => delete one.user),
    inContainer((one) => (one.readonlyRootFilesystem = false)),
    inContainer((one) => (one.privileged = true)),
    inContainer((one) => delete one.linuxParameters),
  ],
  'rollback-has-a-target': [
    set('ecs/taskDefinition:TaskDefinition', { skipDestroy: false }, 'web-task'),
    set('ecs/taskDefinition:TaskDefinition', { family: 'web-0a1b2c3d' }, 'web-task'),
  ],
  'rollouts-roll-back': [set(SERVICE, { deploymentCircuitBreaker: { enable: true, rollback: false } }, 'web')],
  'nobody-logs-in-to-tasks': [set(SERVICE, { enableExecuteCommand: true }, 'web')],
  'tasks-log': [inContainer((one) => delete one.logConfiguration)],
  'registry-is-strict': [
    set('ecr/repository:Repository', { imageTagMutability: 'MUTABLE' }, 'registry-runner'),
    set('ecr/repository:Repository', { imageScanningConfiguration: { scanOnPush: false } }, 'registry-runner'),
  ],
  'actions-are-named': [set(POLICY, { policy: statement({ Action: 'ecs:*', Resource: 'arn:x' }) }, 'deploy-role')],
  'resources-are-named': [set(POLICY, { policy: statement({ Action: 'iam:PassRole', Resource: '*' }) }, 'deploy-role')],
  'no-managed-policies': [
    (graph) => void (find(graph, POLICY, 'deploy-role').type = 'aws:iam/rolePolicyAttachment:RolePolicyAttachment'),
  ],
  'trust-is-exact': [
    set('iam/role:Role', { assumeRolePolicy: statement({ Action: 'sts:AssumeRoleWithWebIdentity' }) }, 'deploy-role'),
    set(
      'iam/role:Role',
      {
        assumeRolePolicy: statement({
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: { StringEquals: { 'token:sub': 'repo:example/golive:*' } },
        }),
      },
      'deploy-role',
    ),
    set(
      'iam/role:Role',
      {
        assumeRolePolicy: statement({
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: {
            StringEquals: { 'token:sub': ['repo:example@1/golive@2:environment:production', 'repo:example/golive'] },
          },
        }),
      },
      'deploy-role',
    ),
  ],
  'logs-have-retention': [set('cloudwatch/logGroup:LogGroup', { retentionInDays: 0 }, 'logs-web')],
  'alarms-have-actions': [
    (graph) => void (all(graph, 'cloudwatch/metricAlarm:MetricAlarm')[0]!.inputs.alarmActions = []),
  ],
  'resources-are-tagged': [
    (graph) => void (find(graph, SERVICE, 'web').provider = 'default'),
    (graph) =>
      void (find(graph, 'pulumi:providers:aws').inputs.defaultTags = '{"tags":"{\\"project\\":\\"golive\\"}"}'),
  ],
};

describe('each rule detects a violation', () => {
  test.each(RULES.map(({ name }) => name))('%s', async (name) => {
    const ways = BROKEN[name] ?? [];
    expect(ways.length, 'ways to break it').toBeGreaterThan(0);
    for (const way of ways) {
      const graph = structuredClone(await recorded('production'));
      way(graph);
      const broken = await checkRules(graph);
      expect(new Set(broken.map(({ rule }) => rule)), String(way)).toContain(name);
    }
  });
});
