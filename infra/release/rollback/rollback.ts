import { StopServiceDeploymentCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import type { Stack } from '../ecs/environment.ts';
import { EcsFailure } from '../ecs/failure.ts';
import { primaryOf, readSchedule, type ServiceName } from '../ecs/live.ts';
import { poll } from '../ecs/poll.ts';
import { recordRelease } from '../manifest/manifest.ts';
import { releaseId, type Release } from '../manifest/release.ts';
import type { RollbackPlan, Step } from './plan.ts';
import type { Session } from '../ecs/session.ts';
import { idOf } from '../ecs/task-log.ts';
import { verifyRollout } from '../rollout/verify.ts';

const TIMEOUT_SECONDS = 1_500;
const STOPPING_MS = 300_000;

/**
 * Executes a rollback plan: stops deployments in progress, updates web and worker, waits for both, then updates the prune. Records the
 * outcome in any case.
 * @returns the record of the rollback.
 * @throws EcsFailure as `verifyRollout` and `recordRelease` do.
 */
export async function rollBack(session: Session, stack: Stack, plan: RollbackPlan): Promise<Release> {
  const { target } = plan;
  const deployments: Release['deployments'] = {};
  const updated = plan.steps.filter((step) => step.kind === 'service');
  try {
    for (const step of plan.steps) if (step.kind === 'stop') await stopDeployment(session, stack, step);
    // Web and worker in parallel, to shorten the outage.
    for (const step of updated) await startServiceUpdate(session, stack, step);
    for (const { service } of updated) deployments[service] = await waitForRollout(session, stack, service, target);
    for (const step of plan.steps) if (step.kind === 'schedule') await updateSchedule(session, stack, step.to);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await record(session, stack, plan, { deployments, verdict: 'failed', reason }).catch((second: unknown) =>
      session.log(`the rollback could not be recorded as failed: ${String(second)}`),
    );
    throw error;
  }
  return record(session, stack, plan, { deployments, verdict: 'succeeded' });
}

async function stopDeployment(session: Session, stack: Stack, step: Extract<Step, { kind: 'stop' }>): Promise<void> {
  const before = (await primaryOf(session, stack, step.service))?.id;
  try {
    await session.aws.ecs.send(
      new StopServiceDeploymentCommand({ serviceDeploymentArn: step.deployment, stopType: 'ROLLBACK' }),
    );
  } catch (error) {
    // It ended by itself, or it is the first and has nothing to return to: the update below replaces it either way.
    if (!(error instanceof Error) || !/^(Conflict|ServiceDeploymentNotFound)/.test(error.name)) throw error;
    session.log(`${step.service}: deployment ${idOf(step.deployment)} cannot be stopped (${error.name})`);
    return;
  }
  session.log(`${step.service}: stopping deployment ${idOf(step.deployment)}`);
  const stopped = await poll(session, {
    deadline: session.clock.now() + STOPPING_MS,
    check: async () => ((await primaryOf(session, stack, step.service))?.id === before ? undefined : true),
  });
  if (!stopped) throw new EcsFailure('timeout', `${step.service}: deployment ${idOf(step.deployment)} does not stop`);
}

async function startServiceUpdate(
  session: Session,
  stack: Stack,
  { service, to }: Extract<Step, { kind: 'service' }>,
): Promise<void> {
  // Stopping a deployment has ECS go back by itself, often to the very task definition that is wanted.
  if ((await primaryOf(session, stack, service))?.taskDefinition === to) return;
  await session.aws.ecs.send(
    new UpdateServiceCommand({ cluster: stack.cluster, service: stack.services[service], taskDefinition: to }),
  );
  session.log(`${service}: moving to ${idOf(to)}`);
}

function waitForRollout(session: Session, stack: Stack, service: ServiceName, target: Release): Promise<string> {
  const { cluster, region, origin, services } = stack;
  const health = service === 'web' ? { healthUrl: `${origin}${HEALTH_PATH}`, commit: target.commit } : {};
  const watch = { cluster, region, service: services[service], timeoutSeconds: TIMEOUT_SECONDS, log: session.log };
  return verifyRollout({ ...watch, taskDefinition: target.taskDefinitions[service], ...health }, session);
}

/** UpdateSchedule replaces the whole schedule, so it is sent back with one field changed. */
async function updateSchedule(session: Session, stack: Stack, to: string): Promise<void> {
  const { Name, GroupName, ScheduleExpression, FlexibleTimeWindow, Target, ...rest } = await readSchedule(
    session,
    stack,
  );
  if (!Target?.EcsParameters) throw new EcsFailure('failed', `schedule ${stack.schedule.name} runs no ECS task`);
  const { ScheduleExpressionTimezone, State, KmsKeyArn, Description, StartDate, EndDate, ActionAfterCompletion } = rest;
  await session.aws.scheduler.send(
    new UpdateScheduleCommand({
      Name,
      GroupName,
      ScheduleExpression,
      FlexibleTimeWindow,
      ScheduleExpressionTimezone,
      State,
      KmsKeyArn,
      Description,
      StartDate,
      EndDate,
      ActionAfterCompletion,
      Target: { ...Target, EcsParameters: { ...Target.EcsParameters, TaskDefinitionArn: to } },
    }),
  );
  session.log(`prune: moved to ${idOf(to)}`);
}

function record(
  session: Session,
  stack: Stack,
  { target, auditWith }: RollbackPlan,
  outcome: Pick<Release, 'deployments' | 'verdict' | 'reason'>,
): Promise<Release> {
  const { commit, images, taskDefinitions, migrations } = target;
  const of = target.of ?? target.id;
  const id = releaseId(commit, new Date(session.clock.now()));
  const { cluster, network, logGroups, bucket, region } = stack;
  return recordRelease(
    {
      bucket,
      region,
      release: { id, kind: 'rollback', of, commit, images, taskDefinitions, migrations, ...outcome },
      audit: {
        cluster,
        taskDefinition: auditWith,
        networkConfiguration: network,
        container: 'migrate',
        logGroup: logGroups.migrate,
      },
      log: session.log,
    },
    session,
  );
}
