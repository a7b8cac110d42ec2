import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import type { Names } from '../names.ts';
import type { Process } from '#lib/release/contract.ts';

type Statement = { Effect: 'Allow'; Action: string[]; Resource: pulumi.Input<string>[] };

/** One statement of a policy that allows. */
export const allow = (Action: string[], Resource: pulumi.Input<string>[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
});

const trust = (service: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
});

interface ProcessRolesArgs {
  names: Names;
  process: Process;
  /** ARNs of the secrets of this process. */
  secrets: pulumi.Input<string>[];
  repositoryArn: pulumi.Input<string>;
  logGroupArn: pulumi.Input<string>;
  /** AWS permissions of the program; empty for most. */
  statements: Statement[];
}

/**
 * Two roles for each process. ECS itself uses the execution role to start the task: pull its image, read its secrets, open its log. The
 * program has the task role, which has none of these permissions.
 */
export class ProcessRoles extends pulumi.ComponentResource {
  readonly execution: aws.iam.Role;
  readonly task: aws.iam.Role;
  /** Whoever starts a task waits for these: a role without its policy cannot pull an image. */
  readonly policies: pulumi.Resource[] = [];

  constructor(name: string, args: ProcessRolesArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:ProcessRoles', name, {}, opts);
    const family = args.names.family(args.process);
    this.execution = this.role(`${name}-execution`, `${family}-execution`, [
      // ECR offers no narrower resource for the login itself.
      allow(['ecr:GetAuthorizationToken'], ['*']),
      allow(
        ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
        [args.repositoryArn],
      ),
      allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [pulumi.interpolate`${args.logGroupArn}:*`]),
      allow(['secretsmanager:GetSecretValue'], args.secrets),
    ]);
    this.task = this.role(`${name}-task`, `${family}-task`, args.statements);
    this.registerOutputs({});
  }

  private role(name: string, physical: string, statements: Statement[]): aws.iam.Role {
    const role = new aws.iam.Role(
      name,
      { name: physical, assumeRolePolicy: JSON.stringify(trust('ecs-tasks.amazonaws.com')) },
      { parent: this },
    );
    if (statements.length > 0) this.policies.push(grant(name, role, statements, { parent: this }));
    return role;
  }
}

/** Attaches an inline policy. */
export function grant(name: string, role: aws.iam.Role, statements: Statement[], opts: pulumi.CustomResourceOptions) {
  return new aws.iam.RolePolicy(
    name,
    { role: role.id, policy: pulumi.jsonStringify({ Version: '2012-10-17', Statement: statements }) },
    opts,
  );
}

export { trust };
