import * as pulumi from '@pulumi/pulumi';
import { PROCESSES } from '#lib/release/contract.ts';
import type { Config } from '../config.ts';
import type { DeployScopes } from './deploy-policy.ts';
import type { Names } from '../names.ts';
import type { Registry } from './registry.ts';
import type { Releases } from './releases.ts';

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
