import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { PROCESSES } from '#lib/release/contract.ts';
import { allow, grant } from '../compute/roles.ts';
import type { Config } from '../config.ts';
import type { Names } from '../names.ts';
import { RELEASE_PERMISSIONS } from '../release/permissions.ts';
import { type Calls, LOOKUP_CALLS, RESOURCE_CALLS, STEP_CALLS } from './pipeline-calls.ts';
import type { Registry } from './registry.ts';
import type { Releases } from './releases.ts';

interface DeployRoleArgs {
  config: Config;
  names: Names;
  scopes: DeployScopes;
}

const ISSUER = 'token.actions.githubusercontent.com';

/**
 * The role of the pipeline, assumed by GitHub Actions through OIDC for one repository and one environment. It may release and roll back,
 * but not change the network, the database or IAM; such changes need an operator's role.
 */
export class DeployRole extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: DeployRoleArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:DeployRole', name, {}, opts);
    const { repository, environment } = args.config.deploy;
    const provider = aws.iam.getOpenIdConnectProviderOutput({ url: `https://${ISSUER}` }, { parent: this });
    const role = new aws.iam.Role(
      name,
      {
        name: `${args.names.base}-deploy`,
        description: `GitHub Actions of ${repository}, environment ${environment}`,
        maxSessionDuration: 7200,
        assumeRolePolicy: pulumi.jsonStringify({
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Federated: provider.arn },
              Action: 'sts:AssumeRoleWithWebIdentity',
              Condition: {
                StringEquals: {
                  [`${ISSUER}:aud`]: 'sts.amazonaws.com',
                  [`${ISSUER}:sub`]: oneOrMore(tokenSubjects(args.config.deploy)),
                },
              },
            },
          ],
        }),
      },
      { parent: this },
    );
    grant(name, role, deployStatements(args.scopes), { parent: this });
    this.arn = role.arn;
    this.registerOutputs({ arn: this.arn });
  }
}

/**
 * Exactly the subjects that the repository's tokens may have. GitHub writes ids into them for repositories that were made, renamed or
 * transferred after 2026-07-15, and the form without ids stays with older ones: it is never given for another repository of the same name.
 * Source: GitHub's changelog of 2026-04-23.
 */
export function tokenSubjects({ repository, ownerId, repositoryId, environment }: Config['deploy']): string[] {
  const [owner, name] = repository.split('/');
  const plain = `repo:${repository}:environment:${environment}`;
  if (ownerId === undefined || repositoryId === undefined) return [plain];
  return [`repo:${owner}@${ownerId}/${name}@${repositoryId}:environment:${environment}`, plain];
}

/** IAM keeps a list of one as its one text, and would show it as a change for ever. */
const oneOrMore = (texts: string[]) => (texts.length === 1 ? texts[0] : texts);

/** ARNs of each scope of the permission tables. */
type DeployScopes = Record<Exclude<Calls[string], 'any'>, pulumi.Input<string>[]>;

/**
 * The minimal policy of a release, one statement per scope: the calls of the commands and hooks and of the rest of the pipeline.
 * @returns statements in a fixed order, so that an unchanged policy shows no diff.
 */
function deployStatements(scopes: DeployScopes) {
  const byScope = new Map<Calls[string], Set<string>>();
  const add = (action: string, on: Calls[string]) => byScope.set(on, (byScope.get(on) ?? new Set()).add(action));
  for (const [action, { on }] of Object.entries(RELEASE_PERMISSIONS)) add(action, on);
  for (const table of [RESOURCE_CALLS, LOOKUP_CALLS, STEP_CALLS])
    for (const calls of Object.values(table))
      if (calls !== 'person') for (const [action, on] of Object.entries(calls)) add(action, on);
  return [...byScope.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([scope, actions]) => allow([...actions].sort(), scope === 'any' ? ['*'] : scopes[scope]));
}

interface ScopesArgs {
  config: Config;
  names: Names;
  account: pulumi.Output<string>;
  platform: { registry: Registry; releases: Releases };
}

/** Resource names are fixed, so the role can name the resources of this stack before they exist. */
export function deployScopes({ config, names, account, platform }: ScopesArgs): DeployScopes {
  const arn = (service: string, rest: string) =>
    pulumi.interpolate`arn:aws:${service}:${config.stack.region}:${account}:${rest}`;
  const each = (service: string, rest: (process: (typeof PROCESSES)[number]) => string) =>
    PROCESSES.map((process) => arn(service, rest(process)));
  const state = `arn:aws:s3:::${config.deploy.stateBucket}`;
  const releases = pulumi.interpolate`arn:aws:s3:::${platform.releases.bucket}`;
  return {
    cluster: [arn('ecs', `cluster/${names.cluster}`)],
    services: [arn('ecs', `service/${names.cluster}/*`), arn('ecs', `service-deployment/${names.cluster}/*`)],
    tasks: [arn('ecs', `task/${names.cluster}/*`)],
    taskDefinitions: each('ecs', (process) => `task-definition/${names.family(process)}:*`),
    repositories: [platform.registry.runner.arn, platform.registry.migrator.arn],
    logGroups: each('logs', (process) => `log-group:${names.logGroup(process)}:*`),
    secrets: [arn('secretsmanager', `secret:${names.secret('*')}`)],
    taskRoles: PROCESSES.flatMap((process) =>
      ['execution', 'task'].map(
        (kind) => pulumi.interpolate`arn:aws:iam::${account}:role/${names.family(process)}-${kind}`,
      ),
    ).concat([pulumi.interpolate`arn:aws:iam::${account}:role/${names.schedule}-starter`]),
    schedule: [arn('scheduler', `schedule/${names.base}/prune`)],
    bucket: [releases],
    bucketObjects: [pulumi.interpolate`${releases}/*`],
    state: [state],
    stateObjects: [`${state}/*`],
  };
}
