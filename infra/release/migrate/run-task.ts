import { DescribeTasksCommand, RunTaskCommand, StopTaskCommand, type Task } from '@aws-sdk/client-ecs';
import { EcsFailure } from '../ecs/failure.ts';
import { poll } from '../ecs/poll.ts';
import type { Session } from '../ecs/session.ts';
import { idOf, logTail } from '../ecs/task-log.ts';

/** Where a one-off task runs. */
interface TaskNetwork {
  subnets: string[];
  securityGroups: string[];
  assignPublicIp?: boolean;
}

export interface TaskOptions {
  cluster: string;
  /** ARN, or family:revision. */
  taskDefinition: string;
  networkConfiguration: TaskNetwork;
  /** The container whose exit code and log decide. Its log streams are named `container/container/task-id`. */
  container: string;
  logGroup: string;
  timeoutSeconds: number;
  /** `startedBy` of the task; distinguishes migrations from other tasks of the same image. */
  startedBy: string;
  /** Runs instead of the image's command. */
  command?: string[];
  /** Also report the last log lines on success. */
  showLog?: boolean;
  /** Called after the task was started; an error stops it. */
  afterStart?: (task: Task) => Promise<void>;
}

/** Wait for a stopped task: longer than Fargate's maximum `stopTimeout` of 120 seconds. */
const STOPPING_MS = 150_000;
/** DescribeTasks is eventually consistent after RunTask. */
const VISIBLE_WITHIN_MS = 60_000;

/**
 * Runs one task to its end.
 * @throws EcsFailure `failed` with the reason and the last log lines unless the container exits 0; `timeout` after `timeoutSeconds`, with
 * the task stopped.
 */
export async function runTask(session: Session, options: TaskOptions): Promise<void> {
  const started = await start(session, options);
  const arn = started.taskArn ?? '';
  session.log(`task ${idOf(arn)} of ${idOf(options.taskDefinition)} started`);
  try {
    await options.afterStart?.(started);
  } catch (error) {
    await stop(session, options, arn, 'golive: withdrawn before it did anything');
    throw error;
  }
  const task = await untilStopped(session, options, arn, session.clock.now() + options.timeoutSeconds * 1_000);
  if (task === undefined) throw await timeoutError(session, options, arn);
  const reason = failureOf(task, options.container);
  if (reason !== undefined) throw new EcsFailure('failed', await describeFailure(session, options, arn, reason));
  session.log(`task ${idOf(arn)} exited 0`);
  if (options.showLog) for (const line of await lastLines(session, options, arn)) session.log(`  | ${line}`);
}

async function start({ aws }: Session, options: TaskOptions): Promise<Task> {
  const { subnets, securityGroups, assignPublicIp = false } = options.networkConfiguration;
  // Retries reuse the clientToken, so a lost response does not start a second task.
  const { tasks = [], failures = [] } = await aws.ecs.send(
    new RunTaskCommand({
      cluster: options.cluster,
      taskDefinition: options.taskDefinition,
      launchType: 'FARGATE',
      count: 1,
      startedBy: options.startedBy,
      networkConfiguration: {
        awsvpcConfiguration: { subnets, securityGroups, assignPublicIp: assignPublicIp ? 'ENABLED' : 'DISABLED' },
      },
      ...(options.command && {
        overrides: { containerOverrides: [{ name: options.container, command: options.command }] },
      }),
    }),
  );
  if (tasks[0]) return tasks[0];
  const reasons = failures.map(({ arn, reason, detail }) => `  ${[arn, reason, detail].filter(Boolean).join(': ')}`);
  throw new EcsFailure('failed', [`ECS started no task of ${options.taskDefinition}:`, ...reasons].join('\n'));
}

function untilStopped(session: Session, options: TaskOptions, arn: string, deadline: number) {
  const visibleBy = session.clock.now() + VISIBLE_WITHIN_MS;
  let last = '';
  return poll<Task>(session, {
    deadline,
    check: async () => {
      const { tasks = [] } = await session.aws.ecs.send(
        new DescribeTasksCommand({ cluster: options.cluster, tasks: [arn] }),
      );
      const task = tasks[0];
      if (!task && session.clock.now() > visibleBy)
        throw new EcsFailure('failed', `task ${idOf(arn)} is gone: ECS no longer knows it, so its result is unknown`);
      const status = task?.lastStatus ?? last;
      if (status !== last) session.log(`task ${idOf(arn)}: ${status}`);
      last = status;
      return status === 'STOPPED' ? task : undefined;
    },
  });
}

async function timeoutError(session: Session, options: TaskOptions, arn: string): Promise<EcsFailure> {
  const task = await stop(session, options, arn, `golive: over its limit of ${options.timeoutSeconds} s`);
  const began = task?.startedAt !== undefined;
  const what = began ? 'did not finish' : 'never started';
  const reason = `it ${what} within ${options.timeoutSeconds} s and was stopped`;
  return new EcsFailure('timeout', await describeFailure(session, options, arn, reason));
}

async function stop(session: Session, options: TaskOptions, arn: string, reason: string): Promise<Task | undefined> {
  const deadline = session.clock.now() + STOPPING_MS;
  const { cluster } = options;
  const check = () => session.aws.ecs.send(new StopTaskCommand({ cluster, task: arn, reason }));
  const stopRequested = await poll(session, { deadline, check });
  if (!stopRequested) session.log(`task ${idOf(arn)} could not be stopped; stop it manually`);
  return untilStopped(session, options, arn, deadline);
}

async function describeFailure(session: Session, options: TaskOptions, arn: string, reason: string): Promise<string> {
  const lines = await lastLines(session, options, arn);
  return [`task ${idOf(arn)} of ${idOf(options.taskDefinition)}: ${reason}`, ...lines.map((l) => `  | ${l}`)].join(
    '\n',
  );
}

const lastLines = (session: Session, { container, logGroup }: TaskOptions, arn: string) =>
  logTail(session, logGroup, `${container}/${container}/${idOf(arn)}`);

const HINTS: [RegExp, string][] = [
  [
    /ResourceInitializationError.*(secret|ssm|parameter)/is,
    'the execution role cannot read a secret, or the secret lacks that key',
  ],
  [
    /ResourceInitializationError/i,
    'the task could not reach ECR, Secrets Manager or its log group: check NAT or endpoints',
  ],
  [/CannotPullContainer/i, 'the image digest is not in the registry, or the registry cannot be reached'],
  [/OutOfMemory/i, 'the container ran out of memory: raise the task’s memory'],
  [/exec format error|image platform/i, 'the image was built for another CPU architecture'],
];

/**
 * Why a stopped task did not succeed, or undefined when its container exited 0. A container that never started has no exit code, which
 * counts as a failure.
 */
function failureOf(task: Task, container: string): string | undefined {
  const own = task.containers?.find(({ name }) => name === container);
  if (own?.exitCode === 0) return undefined;
  const reasons = [task.stoppedReason, own?.reason].filter((text) => text !== undefined && text !== '');
  const exit = own?.exitCode === undefined ? 'it stopped without ever running' : `it exited ${own.exitCode}`;
  const hint = HINTS.find(([pattern]) => reasons.some((text) => pattern.test(text ?? '')))?.[1];
  return [exit, task.stopCode, ...reasons, hint && `likely cause: ${hint}`].filter(Boolean).join('; ');
}
