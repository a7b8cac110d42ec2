import { randomBytes } from 'node:crypto';
import { AwsError, type Actions, type Input } from './protocol.ts';
import { TASK } from './scripts.ts';
import { arn, next, type FakeTask, type FakeState } from './state.ts';

const seconds = (ms: number) => ms / 1_000;
/** Between StopTask and the container being gone. */
const DRAINING_MS = 30_000;

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** ECS: one-off tasks. */
export const taskActions: Actions = {
  RunTask(world, input) {
    const token = text(input.clientToken);
    const known = world.tokens.get(token);
    if (known) return { tasks: [describe(world, known)], failures: [] };
    const definition = world.taskDefinitions.get(text(input.taskDefinition));
    if (!definition) throw new AwsError('ClientException', 'TaskDefinition not found.');
    if (definition.status === 'INACTIVE') throw new AwsError('ClientException', 'TaskDefinition is inactive');
    const script = next(world.taskScripts, definition.family, TASK.exits(0));
    if (script.refusal !== undefined)
      return { tasks: [], failures: [{ arn: definition.taskDefinitionArn, reason: script.refusal }] };
    const task = addTask(world, { definition: definition.taskDefinitionArn, startedBy: text(input.startedBy), script });
    task.command = commandOf(input);
    world.tokens.set(token, task);
    return { tasks: [describe(world, task)], failures: [] };
  },

  DescribeTasks(world, input) {
    const wanted = input.tasks as string[];
    const stopped = [...world.services.values()].flatMap(({ stoppedTasks }) => stoppedTasks);
    const found = wanted.flatMap((one): object[] => {
      const task = world.tasks.find((candidate) => candidate.arn === one);
      if (task) return [describe(world, task)];
      const old = stopped.find((candidate) => candidate.arn === one);
      return old ? [{ ...old, taskArn: old.arn, lastStatus: 'STOPPED', containers: [{ name: 'web', ...old }] }] : [];
    });
    return { tasks: found, failures: [] };
  },

  ListTasks(world, input) {
    if (input.serviceName !== undefined) {
      const { stoppedTasks = [] } = world.services.get(text(input.serviceName)) ?? {};
      return { taskArns: input.desiredStatus === 'STOPPED' ? stoppedTasks.map((task) => task.arn) : [] };
    }
    const running = world.tasks.filter(
      (task) => task.family === input.family && describe(world, task).lastStatus !== 'STOPPED',
    );
    return { taskArns: running.map((task) => task.arn) };
  },

  StopTask(world, input) {
    const task = world.tasks.find((candidate) => candidate.arn === input.task);
    if (!task) throw new AwsError('InvalidParameterException', 'The referenced task was not found.');
    task.stopping ??= { at: world.clock.now(), reason: text(input.reason) };
    return { task: describe(world, task) };
  },
};

export function addTask(
  world: FakeState,
  { definition, startedBy, script }: { definition: string; startedBy: string; script: FakeTask['script'] },
): FakeTask {
  const { family, containerDefinitions } = world.taskDefinitions.get(definition)!;
  const container = containerDefinitions[0]!.name;
  const id = randomBytes(16).toString('hex');
  const task: FakeTask = {
    arn: arn('ecs', `task/golive-staging/${id}`),
    family,
    taskDefinition: definition,
    container,
    startedBy,
    command: [],
    createdAt: world.clock.now(),
    script,
  };
  world.tasks.push(task);
  for (const line of script.lines) write(world, `${container}/${container}/${id}`, line);
  return task;
}

/** A container writes a line, at this moment or, as CloudWatch learns of some late, at an earlier one. */
export function write({ clock, logs }: FakeState, stream: string, message: string, at = clock.now()): void {
  logs.set(stream, [...(logs.get(stream) ?? []), { at, message }]);
}

/** A task at this moment of the clock. */
function describe({ clock }: FakeState, task: FakeTask) {
  const { script, stopping } = task;
  const age = clock.now() - task.createdAt;
  const stopsAt = stopping
    ? Math.min(stopping.at - task.createdAt + DRAINING_MS, script.stoppedAt ?? Infinity)
    : script.stoppedAt;
  const ran = script.runningAt !== undefined && age >= script.runningAt && (stopsAt ?? Infinity) >= script.runningAt;
  const stopped = stopsAt !== undefined && age >= stopsAt;
  const told = stopped && stopping !== undefined && stopsAt !== script.stoppedAt;
  const exitCode = told ? (ran ? 143 : undefined) : script.exitCode;
  return {
    taskArn: task.arn,
    taskDefinitionArn: task.taskDefinition,
    startedBy: task.startedBy,
    createdAt: seconds(task.createdAt),
    ...(ran && { startedAt: seconds(task.createdAt + (script.runningAt ?? 0)) }),
    lastStatus: stopped ? 'STOPPED' : ran ? 'RUNNING' : age >= script.pendingAt ? 'PENDING' : 'PROVISIONING',
    ...(stopped && {
      stopCode: told ? 'UserInitiated' : script.stopCode,
      stoppedReason: told ? stopping.reason : script.stoppedReason,
    }),
    containers: [
      {
        name: task.container,
        ...(stopped && exitCode !== undefined && { exitCode }),
        ...(stopped && script.containerReason !== undefined && { reason: script.containerReason }),
      },
    ],
  };
}

function commandOf(input: Input): string[] {
  const overrides = input.overrides as { containerOverrides?: { command?: string[] }[] } | undefined;
  return overrides?.containerOverrides?.[0]?.command ?? [];
}
