import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { idOf } from '../ecs/task-log.ts';

export type Rollout =
  | { state: 'waiting'; deployment: string | undefined; progress: string }
  | { state: 'done'; deployment: string }
  | { state: 'failed'; deployment: string | undefined; reason: string };

/**
 * Reads one answer of DescribeServices. ECS calls a service stable as soon as any deployment has settled, also when that is the old one
 * after a rollback, so what counts is the one deployment that was asked for.
 * @param remembered id of the deployment that is being watched; undefined until it was first seen.
 * @param taskDefinition ARN that it must run.
 */
export function judgeRollout(service: Service, taskDefinition: string, remembered: string | undefined): Rollout {
  const deployments = service.deployments ?? [];
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  const own = remembered ? deployments.find(({ id }) => id === remembered) : ours(deployments, primary, taskDefinition);
  const deployment = own?.id ?? remembered;
  const failed = (reason: string): Rollout => ({ state: 'failed', deployment, reason });

  if (own?.rolloutState === 'FAILED')
    return failed(`deployment ${own.id} failed: ${own.rolloutStateReason ?? 'no reason given'}`);
  if (deployment === undefined)
    return { state: 'waiting', deployment, progress: `no deployment of ${idOf(taskDefinition)} yet` };
  if (primary?.id !== deployment) return failed(replaced(deployment, primary));
  if (primary.taskDefinition !== taskDefinition)
    return failed(`deployment ${deployment} runs ${idOf(primary.taskDefinition ?? '?')}, not ${idOf(taskDefinition)}`);
  const { runningCount = 0, desiredCount = 0, rolloutState } = primary;
  const progress = `${runningCount} of ${desiredCount} running, ${rolloutState ?? 'UNKNOWN'}`;
  const settled = rolloutState === 'COMPLETED' && runningCount >= desiredCount && desiredCount === service.desiredCount;
  return settled ? { state: 'done', deployment } : { state: 'waiting', deployment, progress };
}

/** Before the first sight of it: an older deployment of the same task definition may still be draining and is not the one. */
function ours(deployments: Deployment[], primary: Deployment | undefined, taskDefinition: string) {
  if (primary?.taskDefinition === taskDefinition) return primary;
  return deployments.find((one) => one.taskDefinition === taskDefinition && one.rolloutState === 'FAILED');
}

function replaced(deployment: string, primary: Deployment | undefined): string {
  if (!primary) return `deployment ${deployment} vanished and nothing took its place`;
  const why = primary.rolloutStateReason ? `: ${primary.rolloutStateReason}` : '';
  return `deployment ${deployment} was replaced by ${primary.id}, which runs ${idOf(primary.taskDefinition ?? '?')}${why}`;
}
