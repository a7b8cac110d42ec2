import { expect, test } from 'vitest';
import { recordGraph } from '../../../infra/graph/record.ts';
import { parseConfig } from '../../../infra/config.ts';
import { readStackFile, stackConfig } from '../../../infra/graph/stacks.ts';
import { all, EVERYWHERE, find, recorded } from './recorded.ts';

const STATEFUL = ['rds/instance:Instance', 'secretsmanager/secret:Secret', 'ecr/repository:Repository'];

test('production keeps what cannot be made again, even when it is taken out of the program', async () => {
  const graph = await recorded('production');
  for (const one of [
    ...STATEFUL.flatMap((type) => all(graph, type)),
    find(graph, 's3/bucket:Bucket', 'storage-archive'),
  ])
    expect({ name: one.name, protect: one.protect, retain: one.retainOnDelete }).toEqual({
      name: one.name,
      protect: true,
      retain: true,
    });
  expect(find(graph, 'rds/instance:Instance').inputs).toMatchObject({
    deletionProtection: true,
    skipFinalSnapshot: false,
    multiAz: true,
  });
});

test('staging can be torn down', async () => {
  const graph = await recorded('staging');
  expect(graph.resources.filter(({ protect, retainOnDelete }) => protect || retainOnDelete)).toEqual([]);
  expect(find(graph, 'rds/instance:Instance').inputs).toMatchObject({
    deletionProtection: false,
    skipFinalSnapshot: true,
  });
});

test.each(EVERYWHERE)(
  '$stack in $mode: autoscaling owns the number of web tasks, and storage its size',
  async ({ stack, mode }) => {
    const graph = await recorded(stack, mode);
    expect(find(graph, 'ecs/service:Service', 'web').ignoreChanges).toEqual(['desiredCount']);
    expect(find(graph, 'ecs/service:Service', 'worker').ignoreChanges).toEqual([]);
    expect(find(graph, 'rds/instance:Instance').ignoreChanges).toEqual(['allocatedStorage']);
  },
);

test.each(EVERYWHERE)('$stack in $mode: the hooks hang on the steps they belong to', async ({ stack, mode }) => {
  const graph = await recorded(stack, mode);
  const both = (before: string, after: string) => ({
    beforeCreate: [before],
    beforeUpdate: [before],
    afterCreate: [after],
    afterUpdate: [after],
  });
  const hooked = graph.resources.filter(({ hooks }) => Object.keys(hooks).length > 0);
  expect(Object.fromEntries(hooked.map(({ name, hooks }) => [name, hooks]))).toEqual({
    web: both('migrate', 'verify-web'),
    worker: both('verify-web', 'verify-worker'),
    prune: { beforeCreate: ['verify-worker'], beforeUpdate: ['verify-worker'] },
    'releases-running': { afterCreate: ['record-release'], afterUpdate: ['record-release'] },
  });
});

test.each(EVERYWHERE)(
  '$stack in $mode: what takes long has a time limit above its verification’s',
  async ({ stack, mode }) => {
    const graph = await recorded(stack, mode);
    expect(find(graph, 'rds/instance:Instance').timeouts).toEqual({ create: '60m', update: '80m', delete: '60m' });
    for (const name of ['web', 'worker'])
      expect(find(graph, 'ecs/service:Service', name).timeouts).toEqual({
        create: '30m',
        update: '30m',
        delete: '20m',
      });
    expect(find(graph, 'acm/certificateValidation:CertificateValidation').timeouts).toEqual({ create: '20m' });
  },
);

test.each(EVERYWHERE)(
  '$stack in $mode: every resource lies in a component and uses the program’s provider',
  async ({ stack, mode }) => {
    const graph = await recorded(stack, mode);
    const outside = graph.resources.filter(({ parent }) => parent === '').map(({ name }) => name);
    expect(outside.sort()).toEqual(['aws', 'platform', 'services']);
    const strangers = graph.resources.filter(({ type, provider }) => type.startsWith('aws:') && provider !== 'aws');
    expect(strangers.map(({ name }) => name)).toEqual([]);
  },
);

test.each(EVERYWHERE)(
  '$stack in $mode: no two resources of a type share a name, so URNs stay apart',
  async ({ stack, mode }) => {
    const names = (await recorded(stack, mode)).resources.map(({ type, name }) => `${type} ${name}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  },
);

test('every value that contains a password is a Pulumi secret', async () => {
  const graph = await recorded('production');
  for (const version of all(graph, 'secretsmanager/secretVersion:SecretVersion'))
    expect(version.secretPaths, version.name).toContain('secretString');
  expect(find(graph, 'rds/instance:Instance').secretPaths).toEqual(['password']);
  for (const { name, inputs, secretPaths } of graph.resources)
    if (/generated-/.test(JSON.stringify(inputs))) expect(secretPaths.length, name).toBeGreaterThan(0);
});

test('without images the platform is created with its registry', async () => {
  const graph = await recordGraph('staging', await stackConfig('staging', 'none'));
  expect(all(graph, 'ecs/service:Service')).toEqual([]);
  expect(all(graph, 'ecs/taskDefinition:TaskDefinition')).toEqual([]);
  expect(all(graph, 'ecr/repository:Repository')).toHaveLength(2);
  expect(graph.hooks.size).toBe(0);
});

test('without a NAT gateway the tasks reach AWS through endpoints inside the network', async () => {
  const raw = await readStackFile('staging');
  const graph = await recordGraph(
    'staging',
    parseConfig({ ...raw, release: 'none', network: { cidr: '10.0.0.0/16', zones: 2, nat: 'none' } }),
  );
  expect(find(graph, 'awsx:ec2:Vpc').inputs.natGateways).toEqual({ strategy: 'None' });
  const services = all(graph, 'ec2/vpcEndpoint:VpcEndpoint').map(({ inputs }) =>
    String(inputs.serviceName).split('.').slice(3).join('.'),
  );
  expect(services.sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3', 'secretsmanager']);
});

test('the network has a public, a private and an isolated ring, and the database lives in the last', async () => {
  const graph = await recorded('production');
  expect(find(graph, 'awsx:ec2:Vpc').inputs).toMatchObject({
    numberOfAvailabilityZones: 3,
    natGateways: { strategy: 'OnePerAz' },
    subnetSpecs: [{ type: 'Private' }, { type: 'Isolated' }, { type: 'Public' }],
  });
  expect(find(graph, 'rds/subnetGroup:SubnetGroup').inputs.subnetIds).toEqual(
    ['1', '2', '3'].map((zone) => `subnet-isolated-${zone}`),
  );
});
