/**
 * Every AWS action that the release commands and the hooks call, and why. The deploy role's policy is made from this table; the fake AWS of
 * the tests denies anything else, and a test fails for entries that are never used.
 */
export type Scope =
  /** The service offers no resource-level permission for it. */
  | 'any'
  | 'cluster'
  /** Services and their deployments. */
  | 'services'
  | 'tasks'
  | 'taskDefinitions'
  | 'repositories'
  | 'logGroups'
  | 'secrets'
  | 'taskRoles'
  | 'schedule'
  | 'bucket'
  | 'bucketObjects';

interface Permission {
  on: Scope;
  why: string;
}

export const RELEASE_PERMISSIONS = {
  'ecs:RunTask': { on: 'taskDefinitions', why: 'migrate, one-off commands and the audit event' },
  'ecs:StopTask': { on: 'tasks', why: 'a migration over its time limit' },
  'ecs:DescribeTasks': { on: 'tasks', why: 'wait for a task; reasons of stopped tasks' },
  'ecs:ListTasks': { on: 'any', why: 'is a migration running already; stopped tasks of a service' },
  'ecs:DescribeServices': { on: 'services', why: 'watch a rollout' },
  'ecs:UpdateService': { on: 'services', why: 'roll back to the task definition of an earlier release' },
  'ecs:DescribeTaskDefinition': { on: 'any', why: 'can it still be deployed; what differs' },
  'ecs:ListServiceDeployments': { on: 'services', why: 'is a deployment under way' },
  'ecs:StopServiceDeployment': { on: 'services', why: 'stop a deployment that is under way' },
  'iam:PassRole': { on: 'taskRoles', why: 'tasks and the schedule run under roles of their own' },
  'iam:GetRole': { on: 'taskRoles', why: 'verify: the roles exist and ECS may take them' },
  'logs:GetLogEvents': { on: 'logGroups', why: 'last lines of a failed task' },
  'logs:FilterLogEvents': { on: 'logGroups', why: 'logs' },
  'logs:DescribeLogGroups': { on: 'any', why: 'verify: a missing log group stops a task before it starts' },
  'secretsmanager:DescribeSecret': { on: 'secrets', why: 'verify: the secrets exist' },
  'ecr:DescribeImages': { on: 'repositories', why: 'verify and rollback: the digests are still in the registry' },
  'elasticloadbalancing:DescribeTargetGroups': { on: 'any', why: 'verify: port, protocol and health path' },
  'elasticloadbalancing:DescribeTargetHealth': { on: 'any', why: 'status: which targets are healthy' },
  'ec2:DescribeSubnets': { on: 'any', why: 'verify: free addresses for a rollout' },
  'ec2:DescribeSecurityGroups': { on: 'any', why: 'verify: they exist' },
  'servicequotas:GetServiceQuota': { on: 'any', why: 'verify: Fargate capacity for a rollout' },
  'scheduler:GetSchedule': { on: 'schedule', why: 'which release the prune runs' },
  'scheduler:UpdateSchedule': { on: 'schedule', why: 'rollback takes the prune along' },
  's3:GetObject': { on: 'bucketObjects', why: 'read the manifest and the environment' },
  's3:PutObject': { on: 'bucketObjects', why: 'write the manifest' },
  's3:ListBucket': { on: 'bucket', why: 'list the releases' },
} as const satisfies Record<string, Permission>;

/** For operators only; the pipeline's `verify` skips such a check. */
export const OPERATOR_PERMISSIONS = {
  'secretsmanager:GetSecretValue': {
    on: 'secrets',
    why: 'verify: a JSON secret holds the keys that are taken from it',
  },
} as const satisfies Record<string, Permission>;
