import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { idOf } from '../ecs/task-log.ts';

export type Rollout =
  | { state: 'waiting'; deployment: string | undefined; progress: string }
  | { state: 'done'; deployment: string }
  | { state: 'failed'; deployment: string | undefined; reason: string };

/**
 * Reads one answer of DescribeServices. ECS reports a service as stable also after a rollback to the old deployment, so only the requested
 * deployment counts.
 * @param deploymentId id of the watched deployment; undefined until it is first seen.
 * @param taskDefinition ARN that it must run.
 */
export function assessRollout(service: Service, taskDefinition: string, deploymentId: string | undefined): Rollout {
  const deployments = service.deployments ?? [];
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  const own = deploymentId
    ? deployments.find(({ id }) => id === deploymentId)
    : findOwnDeployment(deployments, primary, taskDefinition);
  const deployment = own?.id ?? deploymentId;
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

/** Until then an older deployment of the same task definition may still be draining. */
function findOwnDeployment(deployments: Deployment[], primary: Deployment | undefined, taskDefinition: string) {
  if (primary?.taskDefinition === taskDefinition) return primary;
  return deployments.find((one) => one.taskDefinition === taskDefinition && one.rolloutState === 'FAILED');
}

function replaced(deployment: string, primary: Deployment | undefined): string {
  if (!primary) return `deployment ${deployment} vanished and nothing took its place`;
  const why = primary.rolloutStateReason ? `: ${primary.rolloutStateReason}` : '';
  return `deployment ${deployment} was replaced by ${primary.id}, which runs ${idOf(primary.taskDefinition ?? '?')}${why}`;
}
