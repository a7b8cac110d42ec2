import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';
import { DEFAULT_PORT, PROCESS_TABLE, TIMING, WORKER_CHECK_PATH, type Process } from '#lib/release/contract.ts';
import { plainVariables, secretVariables, WORKER_PORT, type TaskFacts } from './environment.ts';
import type { Logs } from '../observability/logs.ts';
import type { Names } from '../names.ts';
import { allow, ProcessRoles } from './roles.ts';
import type { Registry } from '../delivery/registry.ts';
import type { Secrets } from '../data/secrets.ts';

/** What the four processes of a release share. */
export interface TaskContext extends Omit<TaskFacts, 'process'> {
  names: Names;
  logs: Logs;
  registry: Registry;
  secrets: Secrets;
  archiveArn: pulumi.Input<string>;
}

interface TaskArgs extends TaskContext {
  process: Process;
  cpu: number;
  memory: number;
}

/**
 * One process of a release as a task definition with its two roles. The family is fixed and old revisions stay registered: a deregistered
 * revision cannot be deployed again for a rollback.
 */
export class Task extends pulumi.ComponentResource {
  readonly definition: aws.ecs.TaskDefinition;
  readonly roles: ProcessRoles;
  /** Everything that must exist before a task of this definition can start. */
  readonly prerequisites: pulumi.Resource[];

  constructor(name: string, args: TaskArgs, opts: pulumi.ComponentResourceOptions) {
    super('golive:infra:Task', name, {}, opts);
    this.roles = this.makeRoles(name, args);
    this.definition = new aws.ecs.TaskDefinition(
      name,
      {
        family: args.names.family(args.process),
        skipDestroy: true,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        runtimePlatform: { operatingSystemFamily: 'LINUX', cpuArchitecture: 'X86_64' },
        cpu: String(args.cpu),
        memory: String(args.memory),
        executionRoleArn: this.roles.execution.arn,
        taskRoleArn: this.roles.task.arn,
        // The only writable path; ephemeral.
        volumes: [{ name: 'tmp' }],
        containerDefinitions: pulumi.jsonStringify([container(args)]),
      },
      { parent: this },
    );
    this.prerequisites = [this.definition, ...this.roles.policies, ...args.secrets.values];
    this.registerOutputs({ arn: this.definition.arn });
  }

  private makeRoles(name: string, args: TaskArgs): ProcessRoles {
    const { target } = PROCESS_TABLE[args.process].image;
    const archives = args.process === 'worker' || args.process === 'prune';
    return new ProcessRoles(
      name,
      {
        names: args.names,
        process: args.process,
        secrets: secretVariables(args).map(({ label }) => args.secrets.arn(label)),
        repositoryArn: args.registry[target].arn,
        logGroupArn: args.logs.groups[args.process].arn,
        // Anchors and archives are written and read back; the bucket's lock forbids the rest even to its owner.
        statements: archives
          ? [
              allow(
                ['s3:PutObject', 's3:PutObjectRetention', 's3:GetObject'],
                [pulumi.interpolate`${args.archiveArn}/*`],
              ),
              allow(['s3:ListBucket'], [args.archiveArn]),
            ]
          : [],
      },
      { parent: this },
    );
  }
}

/**
 * The worker stands behind no load balancer: ECS asks it itself. One that never comes to work fails its rollout; one that has work
 * waiting and picks none up, or whose process hangs, is replaced; one whose database is away is left alone, as is one that waits for it
 * within the start period (ECS allows no longer one). On ECS no worker waits for migrations: its release applied them before. Its images have no
 * curl, but they have Node.
 */
const WORKER_CHECK = {
  command: [
    'CMD',
    'node',
    '-e',
    `fetch('http://127.0.0.1:${WORKER_PORT}${WORKER_CHECK_PATH}').then((r) => process.exit(r.ok ? 0 : 1))`,
  ],
  interval: 30,
  timeout: 10,
  retries: 3,
  startPeriod: 300,
};

function container(args: TaskArgs) {
  const { process, names, release, config, secrets } = args;
  const { image, public: reachable } = PROCESS_TABLE[process];
  return {
    name: process,
    image: release[image.target],
    command: image.command,
    essential: true,
    user: '1000:1000',
    readonlyRootFilesystem: true,
    linuxParameters: { initProcessEnabled: true, capabilities: { drop: ['ALL'] } },
    mountPoints: [{ sourceVolume: 'tmp', containerPath: '/tmp', readOnly: false }],
    stopTimeout: TIMING.stop,
    ...(process === 'worker' ? { healthCheck: WORKER_CHECK } : {}),
    portMappings: reachable ? [{ containerPort: DEFAULT_PORT, protocol: 'tcp' }] : [],
    environment: plainVariables(args),
    secrets: secretVariables({ process, config }).map(({ name, label }) => ({ name, valueFrom: secrets.arn(label) })),
    // A release whose migrator alone differs is a release too: the label makes its task definitions new.
    dockerLabels: { 'golive.commit': release.commit, 'golive.migrator': release.migrator },
    logConfiguration: {
      logDriver: 'awslogs',
      options: {
        'awslogs-group': names.logGroup(process),
        'awslogs-region': config.stack.region,
        'awslogs-stream-prefix': process,
      },
    },
  };
}
