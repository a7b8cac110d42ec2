import { EcsFailure } from '../ecs/failure.ts';
import { imageState } from '../ecs/images.ts';
import { SERVICES, deploymentInProgress, readLive, type ServiceName } from '../ecs/live.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import type { Release } from '../manifest/release.ts';
import { rollbackTarget } from './target.ts';
import type { Session } from '../ecs/session.ts';
import type { Stack } from '../ecs/environment.ts';
import { describeTaskDefinition } from '../ecs/task-definition.ts';
import { idOf } from '../ecs/task-log.ts';
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
