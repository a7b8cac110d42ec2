import { expect, test } from 'vitest';
import { tokenSubjects } from '../../../infra/delivery/deploy-role.ts';
import { RELEASE_PERMISSIONS } from '../../../infra/release/permissions.ts';
import { recordGraph } from '../../../infra/graph/record.ts';
import { exampleRelease, STACKS, stackConfig } from '../../../infra/graph/stacks.ts';
import { LOOKUP_CALLS, RESOURCE_CALLS, STEP_CALLS } from '../../../infra/delivery/pipeline-calls.ts';
import { listOf, statementsOf } from '../../../infra/policies/rule.ts';
import { JOBS } from '../pipeline/workflows.ts';
import { find, recorded } from './recorded.ts';

const policy = async () =>
  statementsOf(find(await recorded('production'), 'iam/rolePolicy:RolePolicy', 'deploy-role').inputs.policy);

const tables = [RESOURCE_CALLS, LOOKUP_CALLS, STEP_CALLS].flatMap((table) => Object.values(table));

test('the deploy role allows exactly what the release commands, the provider and the pipeline’s steps call', async () => {
  const allowed = (await policy()).flatMap(({ Action }) => listOf(Action));
  const called = [RELEASE_PERMISSIONS, ...tables].flatMap((calls) => (calls === 'person' ? [] : Object.keys(calls)));
  expect(new Set(allowed)).toEqual(new Set(called));
});

test('every type of the program says who changes it, and none is listed that the program does not use', async () => {
  const graphs = await Promise.all(STACKS.map((stack) => recorded(stack)));
  const types = graphs.flatMap(({ resources }) => resources.filter(({ custom }) => custom).map(({ type }) => type));
  const own = types.filter((type) => !type.startsWith('pulumi:providers:'));
  expect(new Set(own)).toEqual(new Set(Object.keys(RESOURCE_CALLS)));
});

test.each(STACKS)('a release of %s changes exactly the types that the role may change', async (stack) => {
  const release = async (digit: string, revision: number) => {
    const graph = await recordGraph(stack, await stackConfig(stack, exampleRelease(stack, digit)), { revision });
    return new Map(graph.resources.map(({ urn, type, inputs }) => [urn, { type, inputs: JSON.stringify(inputs) }]));
  };
  const [before, after] = [await release('a', 1), await release('b', 2)];
  expect([...after.keys()]).toEqual([...before.keys()]);
  const changed = [...after].filter(([urn, { inputs }]) => inputs !== before.get(urn)?.inputs);
  const may = Object.entries(RESOURCE_CALLS).filter(([, calls]) => calls !== 'person');
  expect(new Set(changed.map(([, { type }]) => type))).toEqual(new Set(may.map(([type]) => type)));
});

test('every data source and component has its IAM actions', async () => {
  const { lookups, resources } = await recorded('production');
  const remote = resources.filter(({ custom, type }) => !custom && !/^(golive|pulumi):/.test(type));
  expect(new Set([...lookups, ...remote.map(({ type }) => type)])).toEqual(new Set(Object.keys(LOOKUP_CALLS)));
});

test('every command of the pipeline that reaches AWS has its actions', () => {
  const lines = JOBS.flatMap(([, { steps = [] }]) => steps.flatMap(({ run = '' }) => run.split('\n')));
  const commands = lines.flatMap((line) => /\b(aws \S+ \S+|skopeo copy|pulumi login)\b/.exec(line)?.[1] ?? []);
  expect(new Set(commands)).toEqual(new Set(Object.keys(STEP_CALLS)));
});

test('it can change neither rights nor the network nor the database, and touches no other stack', async () => {
  const statements = await policy();
  for (const { Action, Resource } of statements) {
    for (const action of listOf(Action))
      expect(action).not.toMatch(/^(rds:|iam:(Put|Create|Attach|Delete|Update)|ec2:(?!Describe)|kms:)/);
    for (const arn of listOf(Resource))
      if (arn !== '*' && !/example-pulumi-state/.test(arn))
        expect(arn).toMatch(/golive-production|\/golive\/production\//);
  }
});

test('roles can be passed only if they are roles of this stack’s tasks or of its schedule', async () => {
  const passing = (await policy()).find(({ Action }) => listOf(Action).includes('iam:PassRole'));
  const roles = listOf(passing?.Resource).map((arn) => arn.split('role/')[1]);
  expect(roles).toHaveLength(9);
  for (const role of roles)
    expect(role).toMatch(/^golive-production-(web|worker|prune|migrate)-(execution|task|starter)$/);
});

test('GitHub may take it on for one repository and one environment', async () => {
  const { inputs } = find(await recorded('production'), 'iam/role:Role', 'deploy-role');
  expect(JSON.parse(inputs.assumeRolePolicy as string)).toMatchObject({
    Statement: [
      {
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
            'token.actions.githubusercontent.com:sub': 'repo:example/golive:environment:production',
          },
        },
      },
    ],
  });
});

test('a repository whose tokens name ids is recognised by them, and by nothing wider', async () => {
  const { deploy } = await stackConfig('production');
  const ids = { ...deploy, ownerId: '1234', repositoryId: '56789' };
  expect(tokenSubjects(deploy)).toEqual(['repo:example/golive:environment:production']);
  expect(tokenSubjects(ids)).toEqual([
    'repo:example@1234/golive@56789:environment:production',
    'repo:example/golive:environment:production',
  ]);
});

test('each process reads its own secrets and no other’s', async () => {
  const graph = await recorded('production');
  const secrets = (process: string) =>
    statementsOf(find(graph, 'iam/rolePolicy:RolePolicy', `${process}-task-execution`).inputs.policy)
      .filter(({ Action }) => listOf(Action).includes('secretsmanager:GetSecretValue'))
      .flatMap(({ Resource }) => listOf(Resource))
      .map((arn) => arn.replace(/^.*\/(.*)-AbCdEf$/, '$1'));
  expect(secrets('web')).toEqual(['web-database-url', 'nextauth-secret']);
  expect(secrets('worker')).not.toContain('owner-database-url');
  expect(secrets('worker')).not.toContain('web-database-url');
});
