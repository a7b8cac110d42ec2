import { describeTaskDefinition, imageState } from '../ecs/describe.ts';
import type { Stack } from '../ecs/environment.ts';
import { EcsFailure } from '../ecs/failure.ts';
import { deploymentInProgress, type Live, readLive, type ServiceName, SERVICES } from '../ecs/live.ts';
import type { Session } from '../ecs/session.ts';
import { idOf } from '../ecs/task-log.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import type { Release } from '../manifest/release.ts';
import { assertSchemaCompatible } from './schema-compatibility.ts';

export type Step =
  | { kind: 'stop'; service: ServiceName; deployment: string }
  | { kind: 'service'; service: ServiceName; from: string; to: string }
  | { kind: 'schedule'; from: string; to: string };

export interface RollbackPlan {
  target: Release;
  steps: Step[];
  /** The target is not compatible with the schema and the rollback was forced. */
  forced: boolean;
  /** Task definition that runs `release-record`: the newest working migrator. */
  auditWith: string;
}

export interface RollbackOptions {
  /** Id or commit of the release to run; the previous one when left out. */
  to?: string | undefined;
  /** Roll back although the code is not compatible with the schema. */
  force: boolean;
}

/**
 * Plans a rollback without changing anything.
 * @throws EcsFailure `refused` with every reason against it.
 */
export async function planRollback(session: Session, stack: Stack, options: RollbackOptions): Promise<RollbackPlan> {
  const [releases, live, ...inProgress] = await Promise.all([
    readReleases(session, stack.bucket),
    readLive(session, stack),
    ...SERVICES.map((name) => deploymentInProgress(session, stack, name)),
  ]);
  const target = rollbackTarget({ releases, live, inProgress: inProgress.some(Boolean), wanted: options.to });
  if (target.verdict !== 'succeeded' && !options.force)
    throw new EcsFailure(
      'refused',
      `${target.id} never succeeded (${target.verdict}): choose another, or insist with --force`,
    );
  await assertDeployable(session, target);
  const { id: name, migrations } = target;
  const { force } = options;
  const forced = assertSchemaCompatible(session, { name, migrations, releases, force, forceHint: '--force' });
  const to = target.taskDefinitions;
  const stops = SERVICES.flatMap((service, index): Step[] => {
    const deployment = inProgress[index];
    return deployment === undefined || live[service] === to[service] ? [] : [{ kind: 'stop', service, deployment }];
  });
  const moves = SERVICES.flatMap((service): Step[] =>
    live[service] === to[service] ? [] : [{ kind: 'service', service, from: live[service], to: to[service] }],
  );
  const schedule: Step[] = live.prune === to.prune ? [] : [{ kind: 'schedule', from: live.prune, to: to.prune }];
  return {
    target,
    steps: [...stops, ...moves, ...schedule],
    forced,
    auditWith: currentRelease(releases)?.taskDefinitions.migrate ?? to.migrate,
  };
}

async function assertDeployable(session: Session, target: Release): Promise<void> {
  const { web, worker, prune } = target.taskDefinitions;
  const definitions = await Promise.all([web, worker, prune].map((arn) => describeTaskDefinition(session, arn)));
  const inactive = definitions
    .filter(({ status }) => status !== 'ACTIVE')
    .map(({ taskDefinitionArn = '' }) => idOf(taskDefinitionArn));
  const image = await imageState(session, target.images.runner);
  const reasons = [
    ...inactive.map(
      (name) =>
        `task definition ${name} is INACTIVE, and ECS deploys no inactive one (was it registered without skipDestroy?)`,
    ),
    ...(image === 'present' ? [] : [`image ${target.images.runner} is ${image} in the registry`]),
  ];
  if (reasons.length === 0) return;
  const advice = `Deploy commit ${target.commit} again instead, through the pipeline`;
  throw new EcsFailure(
    'refused',
    [`${target.id} cannot be deployed:`, ...reasons.map((one) => `  ${one}`), advice].join('\n'),
  );
}

interface RollbackInput {
  /** Newest first. */
  releases: Release[];
  live: Live;
  /** True while a deployment of web or worker is in progress. */
  inProgress: boolean;
  /** Id or commit, in full or its beginning. */
  wanted?: string | undefined;
}

/**
 * The rollback target: the named release; the last successful one if a deployment is in progress or incomplete; otherwise the one before
 * the running release. Never "revision minus one", which may be a failed release.
 * @throws EcsFailure `refused` when there is none, or more than one by that name.
 */
function rollbackTarget({ releases, live, inProgress, wanted }: RollbackInput): Release {
  if (wanted !== undefined) return findRelease(releases, wanted);
  const current = currentRelease(releases);
  if (!current)
    throw new EcsFailure('refused', 'no release of the manifest ever succeeded: there is nothing to return to');
  if (inProgress || !isRunning(current, live)) {
    if (isRunning(current, live)) throw alreadyRunning(current);
    return current;
  }
  if (releases[0] !== current) throw alreadyRunning(current);
  const before = releases.find(
    (one) => one.kind === 'deploy' && one.verdict === 'succeeded' && one.id < originOf(current),
  );
  if (before) return before;
  throw new EcsFailure('refused', `${current.id} is the first release of the manifest: there is nothing before it`);
}

/** True if web, worker and prune all run this release. */
const isRunning = ({ taskDefinitions }: Release, live: Live) =>
  taskDefinitions.web === live.web && taskDefinitions.worker === live.worker && taskDefinitions.prune === live.prune;

/** A rollback counts as the release whose task definitions it restored. */
const originOf = ({ id, of }: Release) => of ?? id;

function findRelease(releases: Release[], wanted: string): Release {
  const found = releases.filter(({ id, commit }) => id.startsWith(wanted) || commit.startsWith(wanted));
  const deployed = found.filter(({ kind }) => kind === 'deploy');
  const [first] = deployed.length > 0 ? deployed : found;
  if (!first)
    throw new EcsFailure('refused', `no release ${wanted} in the manifest: npm run ecs -- releases lists them`);
  const commits = new Set(found.map(({ commit }) => commit));
  if (commits.size > 1)
    throw new EcsFailure('refused', `${wanted} names ${commits.size} releases: give more of its id`);
  return first;
}

const alreadyRunning = ({ id }: Release) =>
  new EcsFailure(
    'refused',
    `everything already runs ${id}, the last release that succeeded: a later one never took its place. Name another with --to`,
  );
