import { randomBytes } from 'node:crypto';
import { AwsError, type Actions, type Input } from './protocol.ts';
import { ROLLOUT, type RolloutScript } from './scripts.ts';
import { arn, next, type FakeDeployment, type FakeService, type FakeState } from './state.ts';

/** ECS: services and their deployments. A failed deployment is listed this long beside the rollback before ECS forgets it. */
const FORGOTTEN_AFTER_MS = 20_000;
const text = (value: unknown) => (typeof value === 'string' ? value : '');

export const serviceActions: Actions = {
  DescribeServices(world, input) {
    const found = (input.services as string[]).flatMap((name) => {
      const service = world.services.get(name);
      return service ? [describe(world, service)] : [];
    });
    return { services: found, failures: [] };
  },

  UpdateService(world, input) {
    const service = find(world, input);
    if (input.taskDefinition !== undefined) {
      const definition = world.taskDefinitions.get(text(input.taskDefinition));
      if (definition?.status !== 'ACTIVE') throw new AwsError('ClientException', 'TaskDefinition is inactive');
      deploy(world, service, definition.taskDefinitionArn);
    }
    return { service: describe(world, service) };
  },

  DescribeTaskDefinition(world, input) {
    const wanted = text(input.taskDefinition);
    const all = [...world.taskDefinitions.values()];
    const newest = all.filter(({ family, status }) => family === wanted && status === 'ACTIVE').at(-1);
    const found =
      all.find((one) => [one.taskDefinitionArn, `${one.family}:${one.revision}`].includes(wanted)) ?? newest;
    if (!found) throw new AwsError('ClientException', 'Unable to describe task definition.');
    return { taskDefinition: found };
  },

  ListServiceDeployments(world, input) {
    const service = find(world, input);
    advance(world, service);
    const wanted = input.status as string[] | undefined;
    const list = service.deployments.map((deployment) => ({
      serviceDeploymentArn: deployment.arn,
      status: statusOf(service, deployment),
      createdAt: deployment.createdAt / 1_000,
    }));
    return { serviceDeployments: list.filter(({ status }) => !wanted || wanted.includes(status)) };
  },

  StopServiceDeployment(world, input) {
    for (const service of world.services.values()) {
      const deployment = service.deployments.find((one) => one.arn === input.serviceDeploymentArn);
      if (!deployment) continue;
      const before = lastGood(service, deployment);
      if (!before) throw new AwsError('ConflictException', 'There is no service revision to roll back to.');
      undo(
        world,
        service,
        deployment,
        'stopped',
        'Service deployment stopped by a user: rolling back.',
        world.clock.now(),
      );
      return { serviceDeploymentArn: deployment.arn };
    }
    throw new AwsError('ServiceDeploymentNotFoundException', 'The service deployment was not found.');
  },
};

function find(world: FakeState, input: Input): FakeService {
  const service = world.services.get(text(input.service));
  if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.');
  return service;
}

/** Starts a deployment, as UpdateService and CreateService do. */
export function deploy(
  world: FakeState,
  service: FakeService,
  taskDefinition: string,
  script?: RolloutScript,
  at = world.clock.now(),
): void {
  advance(world, service);
  const number = ++world.counter;
  service.deployments.push({
    id: `ecs-svc/${String(number).padStart(19, '0')}`,
    arn: arn('ecs', `service-deployment/golive-staging/${service.name}/${randomBytes(8).toString('hex')}`),
    taskDefinition,
    createdAt: at,
    script: script ?? next(world.rolloutScripts, service.name, ROLLOUT.completes()),
  });
}

/** Lets what is due by now happen. */
function advance(world: FakeState, service: FakeService): void {
  const current = service.deployments.at(-1);
  if (!current || current.outcome) return;
  const { ending, after } = current.script;
  const at = current.createdAt + after;
  if (world.clock.now() < at) return;
  if (ending === 'completes') {
    end(service, current, 'completed', `ECS deployment ${current.id} completed.`, at);
    service.events.unshift({ at, message: `(service ${service.name}) has reached a steady state.` });
  }
  if (ending === 'vanishes') service.deployments = service.deployments.filter((one) => one !== current);
  if (ending === 'breaker')
    undo(world, service, current, 'failed', 'ECS deployment circuit breaker: tasks failed to start.', at);
  if (ending === 'alarm')
    undo(world, service, current, 'failed', 'ECS deployment alarm: web-faults entered ALARM.', at);
}

function end(
  service: FakeService,
  deployment: FakeDeployment,
  outcome: 'completed' | 'failed' | 'stopped',
  reason: string,
  at: number,
) {
  Object.assign(deployment, { outcome, reason, endedAt: at });
  if (outcome !== 'failed') return;
  service.events.unshift({
    at,
    message: `(service ${service.name}) (deployment ${deployment.id}) deployment failed: ${reason}`,
  });
  const { stoppedReason = 'Task failed', exitCode } = deployment.script;
  service.stoppedTasks.push({
    arn: arn('ecs', `task/golive-staging/${randomBytes(16).toString('hex')}`),
    startedBy: deployment.id,
    stopCode: 'EssentialContainerExited',
    stoppedReason,
    ...(exitCode === undefined ? {} : { exitCode }),
  });
}

const lastGood = (service: FakeService, before: FakeDeployment) =>
  service.deployments.slice(0, service.deployments.indexOf(before)).findLast(({ outcome }) => outcome === 'completed');

function undo(
  world: FakeState,
  service: FakeService,
  deployment: FakeDeployment,
  outcome: 'failed' | 'stopped',
  reason: string,
  at: number,
) {
  end(service, deployment, outcome, reason, at);
  const good = lastGood(service, deployment);
  if (!good) return;
  deploy(world, service, good.taskDefinition, ROLLOUT.completes(), at);
  const rollback = service.deployments.at(-1)!;
  rollback.undoes = deployment.id;
  rollback.reason = `${reason.split(':')[0]}: rolling back to deploymentId ${good.id}.`;
  advance(world, service);
}

function statusOf(service: FakeService, deployment: FakeDeployment): string {
  const rollback = service.deployments.find(({ undoes }) => undoes === deployment.id);
  if (rollback) return rollback.outcome === 'completed' ? 'ROLLBACK_SUCCESSFUL' : 'ROLLBACK_IN_PROGRESS';
  if (deployment.undoes) return 'SUCCESSFUL';
  return deployment.outcome === undefined
    ? 'IN_PROGRESS'
    : deployment.outcome === 'completed'
      ? 'SUCCESSFUL'
      : 'STOPPED';
}

const STATES = { completed: 'COMPLETED', failed: 'FAILED', stopped: 'FAILED', undefined: 'IN_PROGRESS' };

/** The service at this moment: PRIMARY, what it replaces, and a failed deployment for a little while. */
function describe(world: FakeState, service: FakeService) {
  advance(world, service);
  const now = world.clock.now();
  const primary = service.deployments.at(-1);
  const listed = service.deployments.filter((one) => {
    if (one === primary) return true;
    if (one.outcome === 'completed') return primary?.outcome === undefined && one === lastGood(service, primary ?? one);
    return now - (one.endedAt ?? now) < FORGOTTEN_AFTER_MS;
  });
  return {
    serviceName: service.name,
    status: 'ACTIVE',
    desiredCount: service.desiredCount,
    runningCount: service.desiredCount,
    taskDefinition: primary?.taskDefinition,
    deployments: listed.reverse().map((one) => ({
      id: one.id,
      status: one === primary ? 'PRIMARY' : 'ACTIVE',
      taskDefinition: one.taskDefinition,
      desiredCount: one === primary ? service.desiredCount : 0,
      runningCount: one.outcome === 'completed' ? service.desiredCount : 0,
      rolloutState: STATES[one.outcome ?? 'undefined'],
      rolloutStateReason: one.reason ?? `ECS deployment ${one.id} in progress.`,
      createdAt: one.createdAt / 1_000,
    })),
    events: service.events.map(({ at, message }, index) => ({ id: String(index), createdAt: at / 1_000, message })),
  };
}
