import { expect, test } from 'vitest';
import { PIPELINE_PERMISSIONS } from '../../../infra/deploy-policy.ts';
import { RELEASE_PERMISSIONS } from '../../../infra/ecs/permissions.ts';
import { listOf, statementsOf } from '../../../infra/policies/rule.ts';
import { find, recorded } from './recorded.ts';

const policy = async () =>
  statementsOf(find(await recorded('production'), 'iam/rolePolicy:RolePolicy', 'deploy-role').inputs.policy);

test('the deploy role allows exactly what the release commands and the pipeline call', async () => {
  const allowed = (await policy()).flatMap(({ Action }) => listOf(Action));
  const called = [...Object.keys(RELEASE_PERMISSIONS), ...Object.keys(PIPELINE_PERMISSIONS)];
  expect(new Set(allowed)).toEqual(new Set(called));
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
