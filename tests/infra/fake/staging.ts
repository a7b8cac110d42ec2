import { createHash } from 'node:crypto';
import {
  ENVIRONMENT_KEY,
  releasesBucket,
  type Environment,
  type Stack,
} from '../../../infra/release/ecs/environment.ts';
import { openSession, type Session } from '../../../infra/release/ecs/session.ts';
import type { Migration } from '../../../infra/release/migrate/migrations.ts';
import { releaseId, type Release } from '../../../infra/release/manifest/release.ts';
import { FakeClock } from './clock.ts';
import { ROLLOUT } from './scripts.ts';
import { startFakeAws, type FakeAws } from './server.ts';
import { deploy } from './services.ts';
import { ACCOUNT, REGION, arn, type FakeTaskDefinition, type FakeState } from './state.ts';

const PROCESSES = ['web', 'worker', 'migrate', 'prune'] as const;
type Built = Pick<Release, 'commit' | 'images' | 'taskDefinitions'>;

/** A stack named staging in a fake account, and a session that talks to it over HTTP on fake time. */
export interface Staging extends AsyncDisposable {
  aws: FakeAws;
  world: FakeState;
  session: Session;
  stack: Stack;
  /** What a person would have seen. */
  said: string[];
  /** Images and task definitions of a commit, not yet deployed. */
  build: (commit: string) => Built;
  /** Deploys a build without any of our code, and lets it settle. */
  put(built: Built): Promise<void>;
  /** Puts a release into the manifest. */
  remember(built: Built, more?: Partial<Release>): Promise<Release>;
}

export const DATABASE_SECRET = arn('secretsmanager', 'secret:golive-staging/database-AbCdEf');

interface Options {
  /** The commit that web and worker already run; left out for a stack before its first release. */
  running?: string;
  /** What the caller's role allows: the deploy role's table, unless said otherwise. */
  may?: Record<string, unknown>;
}

export async function startStaging({ running, may }: Options = {}): Promise<Staging> {
  const clock = new FakeClock();
  const world = emptyWorld(clock);
  const aws = await startFakeAws(world, may);
  process.env.AWS_ENDPOINT_URL = aws.url;
  process.env.AWS_ACCESS_KEY_ID = 'AKIAFAKE';
  process.env.AWS_SECRET_ACCESS_KEY = 'fake';
  const said: string[] = [];
  const stack = describeStack(aws.url);
  world.objects.set(`${stack.bucket}/${ENVIRONMENT_KEY}`, JSON.stringify(stack));
  const staging: Staging = {
    aws,
    world,
    session: openSession(REGION, (line) => void said.push(line), 5_000, clock),
    stack,
    said,
    build: (commit) => build(world, commit),
    async put({ taskDefinitions }) {
      for (const name of ['web', 'worker'] as const)
        deploy(world, world.services.get(name)!, taskDefinitions[name], ROLLOUT.completes());
      world.schedules.get('prune')!.Target.EcsParameters.TaskDefinitionArn = taskDefinitions.prune;
      await clock.sleep(120_000);
    },
    async remember(built, more = {}) {
      await clock.sleep(1_000);
      const now = new Date(clock.now());
      const release: Release = {
        ...blank,
        ...built,
        id: releaseId(built.commit, now),
        recordedAt: now.toISOString(),
        ...more,
      };
      world.objects.set(`${stack.bucket}/releases/${release.id}.json`, JSON.stringify(release));
      return release;
    },
    [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose](),
  };
  if (running !== undefined) {
    const built = staging.build(running);
    await staging.put(built);
    await staging.remember(built);
  }
  return staging;
}

/** Plain migrations by name; `contracts` maps a contract to its expand. */
export function migrations(names: readonly string[], contracts: Record<string, string> = {}): Migration[] {
  return names.map((name) => {
    const expand = contracts[name];
    return expand === undefined ? { name } : { name, expand };
  });
}

const blank: Omit<Release, keyof Built | 'id' | 'recordedAt'> = {
  format: 1,
  kind: 'deploy',
  deployments: {},
  migrations: migrations(['20260101000000_init']),
  verdict: 'succeeded',
  by: `arn:aws:sts::${ACCOUNT}:assumed-role/deploy/ci`,
};

function build(world: FakeState, commit: string): Built {
  const digest = (name: string) => `sha256:${createHash('sha256').update(`${name}@${commit}`).digest('hex')}`;
  const image = (repository: string) =>
    `${ACCOUNT}.dkr.ecr.${REGION}.amazonaws.com/${repository}@${digest(repository)}`;
  const images = { runner: image('golive-staging/runner'), migrator: image('golive-staging/migrator') };
  for (const name of ['runner', 'migrator'])
    world.images.add(`golive-staging/${name}@${digest(`golive-staging/${name}`)}`);
  world.commits.set(images.runner, commit);
  const define = (name: (typeof PROCESSES)[number]) =>
    register(world, `golive-staging-${name}`, name, name === 'migrate' ? images.migrator : images.runner, commit);
  return {
    commit,
    images,
    taskDefinitions: {
      web: define('web'),
      worker: define('worker'),
      migrate: define('migrate'),
      prune: define('prune'),
    },
  };
}

function register(world: FakeState, family: string, container: string, image: string, commit: string): string {
  const revision = 1 + [...world.taskDefinitions.values()].filter((one) => one.family === family).length;
  const definition: FakeTaskDefinition = {
    taskDefinitionArn: arn('ecs', `task-definition/${family}:${revision}`),
    family,
    revision,
    status: 'ACTIVE',
    cpu: '512',
    memory: '1024',
    taskRoleArn: `arn:aws:iam::${ACCOUNT}:role/golive-staging-${container}`,
    executionRoleArn: `arn:aws:iam::${ACCOUNT}:role/golive-staging-execution`,
    containerDefinitions: [
      {
        name: container,
        image,
        ...(container === 'web' && { portMappings: [{ containerPort: 3000, protocol: 'tcp' }] }),
        environment: [{ name: 'GIT_COMMIT', value: commit }],
        secrets: [{ name: 'DATABASE_URL', valueFrom: `${DATABASE_SECRET}:DATABASE_URL::` }],
        logConfiguration: {
          logDriver: 'awslogs',
          options: { 'awslogs-group': `/golive/staging/${container}`, 'awslogs-stream-prefix': container },
        },
      },
    ],
  };
  world.taskDefinitions.set(definition.taskDefinitionArn, definition);
  return definition.taskDefinitionArn;
}

function describeStack(url: string): Stack {
  const each = (prefix: string) => ({
    web: `${prefix}web`,
    worker: `${prefix}worker`,
    migrate: `${prefix}migrate`,
    prune: `${prefix}prune`,
  });
  const environment: Environment = {
    format: 1,
    stack: 'staging',
    region: REGION,
    cluster: 'golive-staging',
    services: { web: 'web', worker: 'worker' },
    families: each('golive-staging-'),
    logGroups: each('/golive/staging/'),
    schedule: { name: 'prune', group: 'golive-staging' },
    network: { subnets: ['subnet-a', 'subnet-b'], securityGroups: ['sg-migrate'], assignPublicIp: false },
    targetGroup: arn('elasticloadbalancing', 'targetgroup/golive-staging-web/1234567890abcdef'),
    origin: url,
  };
  return { ...environment, bucket: releasesBucket('staging', ACCOUNT) };
}

function emptyWorld(clock: FakeClock): FakeState {
  const service = (name: string) => ({ name, desiredCount: 2, deployments: [], events: [], stoppedTasks: [] });
  const role = { trusts: 'ecs-tasks.amazonaws.com' };
  return {
    clock,
    taskDefinitions: new Map(),
    tasks: [],
    tokens: new Map(),
    taskScripts: new Map(),
    services: new Map([
      ['web', service('web')],
      ['worker', service('worker')],
    ]),
    rolloutScripts: new Map(),
    logs: new Map(),
    logGroups: new Set(PROCESSES.map((name) => `/golive/staging/${name}`)),
    objects: new Map(),
    images: new Set(),
    roles: new Map(['execution', ...PROCESSES].map((name) => [`golive-staging-${name}`, role])),
    secrets: new Map([[DATABASE_SECRET, JSON.stringify({ DATABASE_URL: 'postgres://secret-value' })]]),
    schedules: new Map([['prune', schedule()]]),
    targetGroup: {
      arn: arn('elasticloadbalancing', 'targetgroup/golive-staging-web/1234567890abcdef'),
      port: 3000,
      targetType: 'ip',
      healthPath: '/api/health',
    },
    targets: [
      { id: '10.0.1.5', state: 'healthy' },
      { id: '10.0.2.6', state: 'healthy' },
    ],
    subnets: new Map([
      ['subnet-a', { free: 200 }],
      ['subnet-b', { free: 200 }],
    ]),
    securityGroups: new Set(['sg-migrate']),
    fargateVcpus: 64,
    commits: new Map(),
    counter: 0,
  };
}

const schedule = () => ({
  ScheduleExpression: 'cron(0 3 * * ? *)',
  ScheduleExpressionTimezone: 'UTC',
  FlexibleTimeWindow: { Mode: 'OFF' },
  State: 'ENABLED',
  Target: {
    Arn: arn('ecs', 'cluster/golive-staging'),
    RoleArn: `arn:aws:iam::${ACCOUNT}:role/golive-staging-scheduler`,
    EcsParameters: {
      TaskDefinitionArn: '',
      LaunchType: 'FARGATE',
      TaskCount: 1,
      NetworkConfiguration: { awsvpcConfiguration: { Subnets: ['subnet-a'], SecurityGroups: ['sg-worker'] } },
    },
    RetryPolicy: { MaximumRetryAttempts: 2 },
  },
});
