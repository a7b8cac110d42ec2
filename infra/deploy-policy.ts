import type * as pulumi from '@pulumi/pulumi';
import { RELEASE_PERMISSIONS, type Scope } from './ecs/permissions.ts';
import { allow } from './roles.ts';

/** ARNs behind each scope of the permission tables. */
export type DeployScopes = Record<Exclude<Scope, 'any'> | 'state' | 'stateObjects', pulumi.Input<string>[]>;

/** What the pipeline does beside the release commands, and why. */
export const PIPELINE_PERMISSIONS = {
  'ecr:GetAuthorizationToken': { on: 'any', why: 'log in to push' },
  'ecr:BatchCheckLayerAvailability': { on: 'repositories', why: 'push' },
  'ecr:InitiateLayerUpload': { on: 'repositories', why: 'push' },
  'ecr:UploadLayerPart': { on: 'repositories', why: 'push' },
  'ecr:CompleteLayerUpload': { on: 'repositories', why: 'push' },
  'ecr:PutImage': { on: 'repositories', why: 'push' },
  'ecr:BatchGetImage': { on: 'repositories', why: 'reuse layers of the last build' },
  'ecs:RegisterTaskDefinition': { on: 'any', why: 'a release is new task definitions' },
  'ecs:TagResource': { on: 'taskDefinitions', why: 'tags of a new task definition' },
  's3:GetObjectTagging': { on: 'bucketObjects', why: 'Pulumi reads back the notes it writes' },
  's3:PutObjectTagging': { on: 'bucketObjects', why: 'tags of the notes' },
  's3:ListBucket': { on: 'state', why: 'Pulumi’s state' },
  's3:GetObject': { on: 'stateObjects', why: 'Pulumi’s state' },
  's3:PutObject': { on: 'stateObjects', why: 'Pulumi’s state and its lock' },
  's3:DeleteObject': { on: 'stateObjects', why: 'Pulumi’s lock' },
  'ec2:DescribeAvailabilityZones': { on: 'any', why: 'the network component looks them up on each run' },
  'ec2:DescribeRouteTables': { on: 'any', why: 'looked up on each run' },
  'iam:ListOpenIDConnectProviders': { on: 'any', why: 'looked up on each run' },
  'iam:GetOpenIDConnectProvider': { on: 'any', why: 'looked up on each run' },
} as const satisfies Record<string, { on: keyof DeployScopes | 'any'; why: string }>;

/**
 * The least that a release takes, as one statement per scope.
 * @returns statements in a fixed order, so that an unchanged policy is no difference.
 */
export function deployStatements(scopes: DeployScopes) {
  const tables: Record<string, { on: string }>[] = [RELEASE_PERMISSIONS, PIPELINE_PERMISSIONS];
  const byScope = new Map<string, string[]>();
  for (const table of tables)
    for (const [action, { on }] of Object.entries(table)) byScope.set(on, [...(byScope.get(on) ?? []), action]);
  return [...byScope.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([scope, actions]) => allow(actions.sort(), scope === 'any' ? ['*'] : scopes[scope as keyof DeployScopes]));
}
