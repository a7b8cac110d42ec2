import { DescribeTasksCommand, ListTasksCommand, type Task } from '@aws-sdk/client-ecs';
import { EcsFailure } from '../ecs/failure.ts';
import { poll } from '../ecs/poll.ts';
import { runTask, type TaskOptions } from './run-task.ts';
import { openSession, type Session } from '../ecs/session.ts';
import { idOf } from '../ecs/task-log.ts';

export interface MigrateGateOptions extends Pick<
  TaskOptions,
  'cluster' | 'taskDefinition' | 'networkConfiguration' | 'container' | 'logGroup' | 'timeoutSeconds'
> {
  region: string;
  log: Session['log'];
  /** Called right before the migration starts; an error prevents the start. */
  beforeStart?: () => Promise<void>;
}

/** `startedBy` of a migration, and the prefix of `startedBy` of other tasks of the migrator's image. */
const MIGRATION = 'golive-migrate';
export const ONE_OFF = 'golive-run';

const CHECK_MS = 60_000;

/**
 * Runs the migrations of a release and returns only when they are applied. For the `beforeCreate` and `beforeUpdate` hooks of the first
 * service: an error leaves every service unchanged.
 * @throws EcsFailure `refused` when another migration of the family runs; `failed` or `timeout` with the reason and the last log lines.
 */
export async function runMigrations(
  { region, log, beforeStart, ...options }: MigrateGateOptions,
  session: Session = openSession(region, log),
): Promise<void> {
  const family = familyOf(options.taskDefinition);
  const others = await runningMigrations(session, options.cluster, family);
  if (others[0]) throw alreadyRunning(others[0]);
  await beforeStart?.();
  await runTask(session, {
    ...options,
    startedBy: MIGRATION,
    // Of two tasks started at the same time, both sides keep the older one, or the lower ARN.
    afterStart: async (own) => {
      const concurrent = await olderMigration(session, options.cluster, family, own);
      if (concurrent) throw alreadyRunning(concurrent);
    },
  });
}

/** `family` of `arn:...:task-definition/family:7` or `family:7`. */
const familyOf = (taskDefinition: string) => idOf(taskDefinition).replace(/:\d+$/, '');

/** After `CHECK_MS` without a response the task continues; Prisma's database lock still serialises migrations. */
async function olderMigration(session: Session, cluster: string, family: string, own: Task): Promise<Task | undefined> {
  const answer = await poll(session, {
    deadline: session.clock.now() + CHECK_MS,
    check: async () => ({
      rival: (await runningMigrations(session, cluster, family)).find((one) => isOlder(one, own)),
    }),
  });
  return answer?.rival;
}

async function runningMigrations({ aws }: Session, cluster: string, family: string): Promise<Task[]> {
  // desiredStatus RUNNING covers PROVISIONING and PENDING too.
  const { taskArns = [] } = await aws.ecs.send(new ListTasksCommand({ cluster, family, desiredStatus: 'RUNNING' }));
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await aws.ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  return tasks.filter(({ startedBy }) => !startedBy?.startsWith(ONE_OFF));
}

function isOlder(other: Task, own: Task): boolean {
  if (other.taskArn === own.taskArn) return false;
  const [theirs, ours] = [other.createdAt?.getTime() ?? 0, own.createdAt?.getTime() ?? 0];
  return theirs === ours ? (other.taskArn ?? '') < (own.taskArn ?? '') : theirs < ours;
}

function alreadyRunning({ taskArn = '', startedBy, createdAt }: Task): EcsFailure {
  const since = createdAt ? ` since ${createdAt.toISOString()}` : '';
  return new EcsFailure(
    'refused',
    `another migration is running: task ${idOf(taskArn)} by ${startedBy ?? 'somebody'}${since}. Wait for it, then start again`,
  );
}
