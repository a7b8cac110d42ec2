import { EcsFailure } from '../ecs/failure.ts';
import { imageState } from '../ecs/images.ts';
import { SERVICES, deploymentUnderWay, readLive, type ServiceName } from '../ecs/live.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import type { Release } from '../manifest/release.ts';
import { rollbackTarget } from './target.ts';
import type { Session } from '../ecs/session.ts';
import type { Stack } from '../ecs/environment.ts';
import { describeTaskDefinition } from '../ecs/task-definition.ts';
import { idOf } from '../ecs/task-log.ts';
import { refuseUnlessTolerant } from './schema-compatibility.ts';

export type Step =
  | { kind: 'stop'; service: ServiceName; deployment: string }
  | { kind: 'service'; service: ServiceName; from: string; to: string }
  | { kind: 'schedule'; from: string; to: string };

export interface RollbackPlan {
  target: Release;
  steps: Step[];
  /** The target does not tolerate the schema, and somebody insisted. */
  forced: boolean;
  /** Runs `release-record`: the newest migrator that is known to work, whatever release is returned to. */
  auditWith: string;
}

export interface RollbackOptions {
  /** Id or commit of the release to run; the previous one when left out. */
  to?: string | undefined;
  /** Go ahead although the code does not tolerate the schema. */
  force: boolean;
}

/**
 * Works out a rollback and changes nothing.
 * @throws EcsFailure `refused` when it cannot or must not be done, with every reason.
 */
export async function planRollback(session: Session, stack: Stack, options: RollbackOptions): Promise<RollbackPlan> {
  const [releases, live, ...underWay] = await Promise.all([
    readReleases(session, stack.bucket),
    readLive(session, stack),
    ...SERVICES.map((name) => deploymentUnderWay(session, stack, name)),
  ]);
  const target = rollbackTarget({ releases, live, underWay: underWay.some(Boolean), wanted: options.to });
  if (target.verdict !== 'succeeded' && !options.force)
    throw new EcsFailure(
      'refused',
      `${target.id} never succeeded (${target.verdict}): choose another, or insist with --force`,
    );
  await refuseUnlessDeployable(session, target);
  const { id: name, migrations } = target;
  const { force } = options;
  const forced = refuseUnlessTolerant(session, { name, migrations, releases, force, insist: '--force' });
  const to = target.taskDefinitions;
  const stops = SERVICES.flatMap((service, index): Step[] => {
    const deployment = underWay[index];
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

async function refuseUnlessDeployable(session: Session, target: Release): Promise<void> {
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
  const way = `Deploy commit ${target.commit} again instead, through the pipeline`;
  throw new EcsFailure(
    'refused',
    [`${target.id} cannot be deployed:`, ...reasons.map((one) => `  ${one}`), way].join('\n'),
  );
}
