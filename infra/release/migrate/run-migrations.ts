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
  /** Called when nothing stands in the way any more and nothing has been started yet; what it throws keeps the migration from starting. */
  beforeStart?: () => Promise<void>;
}

/** `startedBy` of a migration, and the start of `startedBy` of everything else that borrows the migrator's image. */
const MIGRATION = 'golive-migrate';
export const ONE_OFF = 'golive-run';

const CHECK_MS = 60_000;

/**
 * Runs the migrations of a release and returns only when they are applied. Meant for the `beforeCreate` and `beforeUpdate` hooks of the
 * first service: what it throws leaves every service as it was.
 * @throws EcsFailure `refused` when another migration of the family runs; `failed` or `timeout` with the reason and the last log lines.
 */
export async function runMigrateGate(
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
    // Two gates can both have found nothing a moment ago; the older task stays, and a tie is decided by ARN on both sides alike.
    afterStart: async (own) => {
      const rival = await olderMigration(session, options.cluster, family, own);
      if (rival) throw alreadyRunning(rival);
    },
  });
}

/** `family` of `arn:...:task-definition/family:7` or `family:7`. */
const familyOf = (taskDefinition: string) => idOf(taskDefinition).replace(/:\d+$/, '');

/** Unanswered for `CHECK_MS`, the task goes on: Prisma's own lock in the database still lets only one of two through. */
async function olderMigration(session: Session, cluster: string, family: string, own: Task): Promise<Task | undefined> {
  const answer = await poll(session, {
    deadline: session.clock.now() + CHECK_MS,
    look: async () => ({
      rival: (await runningMigrations(session, cluster, family)).find((one) => precedes(one, own)),
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

function precedes(other: Task, own: Task): boolean {
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
