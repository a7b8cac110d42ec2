import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs';
import { describeService } from '../ecs/describe.ts';
import type { Session } from '../ecs/session.ts';
import { idOf } from '../ecs/task-log.ts';

interface RolloutLocation {
  cluster: string;
  service: string;
  /** Id of the deployment, or undefined when it was never seen. */
  deployment: string | undefined;
  /** Start time; earlier events are ignored. */
  since: number;
}

const EVENTS = 8;
const TASKS = 5;

/** Diagnosis of a failed rollout: service events and reasons of stopped tasks. */
export async function diagnoseRollout(session: Session, where: RolloutLocation, headline: string): Promise<string> {
  const parts = await Promise.allSettled([events(session, where), stoppedTasks(session, where)]);
  const lines = parts.flatMap((part) =>
    part.status === 'fulfilled' ? part.value : [`(ECS could not be asked why: ${String(part.reason)})`],
  );
  return [headline, ...lines.map((line) => `  ${line}`)].join('\n');
}

async function events(session: Session, { cluster, service, since }: RolloutLocation): Promise<string[]> {
  const { events: all = [] } = await describeService(session, cluster, service);
  const recent = all.filter(({ createdAt }) => (createdAt?.getTime() ?? 0) >= since - 60_000);
  return recent.slice(0, EVENTS).map(({ createdAt, message }) => `${createdAt?.toISOString() ?? ''} ${message ?? ''}`);
}

async function stoppedTasks({ aws }: Session, { cluster, service, deployment }: RolloutLocation): Promise<string[]> {
  const { taskArns = [] } = await aws.ecs.send(
    new ListTasksCommand({ cluster, serviceName: service, desiredStatus: 'STOPPED' }),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await aws.ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  const own = tasks.filter(({ startedBy }) => deployment === undefined || startedBy === deployment);
  return own.slice(0, TASKS).map(({ taskArn = '', stopCode, stoppedReason, containers = [] }) => {
    const exits = containers.map(({ name, exitCode, reason }) =>
      [`${name} exited ${exitCode ?? 'without a code'}`, reason].filter(Boolean).join(', '),
    );
    return [`stopped task ${idOf(taskArn)}`, stopCode, stoppedReason, ...exits].filter(Boolean).join('; ');
  });
}
