import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import type { Stack } from '../ecs/environment.ts';
import { SERVICES, readSchedule } from '../ecs/live.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import type { Release } from '../manifest/release.ts';
import { describeService } from '../ecs/describe.ts';
import type { Session } from '../ecs/session.ts';
import { idOf } from '../ecs/task-log.ts';

const EVENTS = 5;

/** Summary of the running release; task definitions as `family:revision`. */
export async function readStatus(session: Session, stack: Stack) {
  const [releases, services, schedule, targets] = await Promise.all([
    readReleases(session, stack.bucket),
    Promise.all(SERVICES.map((name) => serviceStatus(session, stack, name))),
    readSchedule(session, stack),
    targetHealth(session, stack),
  ]);
  const prune = idOf(schedule.Target?.EcsParameters?.TaskDefinitionArn ?? '');
  return {
    stack: stack.stack,
    origin: stack.origin,
    release: summary(currentRelease(releases)),
    newest: summary(releases[0]),
    services,
    prune: { taskDefinition: prune, schedule: schedule.ScheduleExpression, state: schedule.State },
    targets,
  };
}

export type Status = Awaited<ReturnType<typeof readStatus>>;

async function serviceStatus(session: Session, stack: Stack, name: (typeof SERVICES)[number]) {
  const {
    deployments = [],
    events = [],
    desiredCount = 0,
  } = await describeService(session, stack.cluster, stack.services[name]);
  return {
    name,
    desired: desiredCount,
    deployments: deployments.map((one) => ({
      id: one.id,
      status: one.status,
      taskDefinition: idOf(one.taskDefinition ?? ''),
      running: one.runningCount ?? 0,
      state: one.rolloutState,
      reason: one.rolloutStateReason,
    })),
    events: events.slice(0, EVENTS).map(({ createdAt, message }) => `${createdAt?.toISOString()} ${message}`),
  };
}

async function targetHealth({ aws }: Session, { targetGroup }: Stack) {
  const { TargetHealthDescriptions = [] } = await aws.elb.send(
    new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }),
  );
  return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
    target: Target?.Id,
    state: TargetHealth?.State,
    reason: TargetHealth?.Reason,
  }));
}

const summary = (release: Release | undefined) =>
  release && { id: release.id, kind: release.kind, commit: release.commit, verdict: release.verdict, by: release.by };
