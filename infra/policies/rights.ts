import * as aws from '@pulumi/aws';
import { validateResourceOfType } from '@pulumi/policy';
import { listOf, rule, statementsOf, type Rule } from './rule.ts';

/** Actions for which AWS offers no resource to name (Service Authorization Reference); any other on `*` is a mistake. */
const WITHOUT_RESOURCE = new Set([
  'ec2:DescribeAvailabilityZones',
  'ec2:DescribeRouteTables',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ecr:GetAuthorizationToken',
  'ecs:DescribeTaskDefinition',
  'ecs:ListTasks',
  'ecs:RegisterTaskDefinition',
  'elasticloadbalancing:DescribeTargetGroups',
  'elasticloadbalancing:DescribeTargetHealth',
  'iam:GetOpenIDConnectProvider',
  'iam:ListOpenIDConnectProviders',
  'logs:DescribeLogGroups',
  'servicequotas:GetServiceQuota',
]);

/** The whole subject of a token, in GitHub's form without ids or with both of them. */
const SUBJECT = /^repo:[\w.-]+(@\d+\/[\w.-]+@\d+|\/[\w.-]+):environment:[^:*?]+$/;

/** Who may do what. */
export const RIGHTS: Rule[] = [
  rule(
    'actions-are-named',
    'A policy lists the actions it allows.',
    validateResourceOfType(aws.iam.RolePolicy, (policy, _args, report) => {
      for (const { Effect, Action } of statementsOf(policy.policy))
        for (const action of listOf(Action))
          if (Effect === 'Allow' && action.includes('*')) report(`Name the actions behind ${action}.`);
    }),
  ),
  rule(
    'resources-are-named',
    'A policy names the resources it is about, wherever AWS can.',
    validateResourceOfType(aws.iam.RolePolicy, (policy, _args, report) => {
      for (const { Effect, Action, Resource } of statementsOf(policy.policy)) {
        if (Effect !== 'Allow' || !listOf(Resource).includes('*')) continue;
        for (const action of listOf(Action))
          if (!WITHOUT_RESOURCE.has(action)) report(`${action} on everything: name its resources.`);
      }
    }),
  ),
  rule(
    'no-managed-policies',
    'Managed policies grow without being asked.',
    validateResourceOfType(aws.iam.RolePolicyAttachment, (attachment, _args, report) => {
      report(`Write an inline policy in place of ${String(attachment.policyArn)}.`);
    }),
  ),
  rule(
    'trust-is-exact',
    'The pipeline’s role is for one repository and one environment, without wildcards.',
    validateResourceOfType(aws.iam.Role, (role, _args, report) => {
      for (const { Action, Condition } of statementsOf(role.assumeRolePolicy)) {
        if (!listOf(Action).includes('sts:AssumeRoleWithWebIdentity')) continue;
        const subject = Object.entries(Condition?.StringEquals ?? {}).find(([key]) => key.endsWith(':sub'))?.[1];
        if (
          subject === undefined ||
          listOf(subject).length === 0 ||
          !listOf(subject).every((text) => SUBJECT.test(text))
        )
          report(
            'Compare the token’s subject with StringEquals: whole subjects of one repository and environment, no wildcard.',
          );
      }
    }),
  ),
];
