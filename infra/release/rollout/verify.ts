import type { Service } from '@aws-sdk/client-ecs';
import { EcsFailure } from '../ecs/failure.ts';
import { waitUntilServing } from './health.ts';
import { poll } from '../ecs/poll.ts';
import { assessRollout, type Rollout } from './rollout-state.ts';
import { describeService } from '../ecs/describe.ts';
import { openSession, type Session } from '../ecs/session.ts';
import { diagnoseRollout } from './rollout-diagnosis.ts';

export interface VerifyRolloutOptions {
  cluster: string;
  service: string;
  /** ARN of the expected task definition. */
  taskDefinition: string;
  region: string;
  /** Public health address; asked for `commit` once ECS is done. */
  healthUrl?: string;
  commit?: string;
  timeoutSeconds: number;
  log: Session['log'];
}

/** Maximum delay before DescribeServices shows an update. */
const VISIBLE_WITHIN_MS = 30_000;

/**
 * Waits until a service runs the requested task definition. A rollback by the circuit breaker or an alarm is a failure, unlike in
 * `waitForSteadyState`.
 * @returns the id of the deployment, for the manifest.
 * @throws EcsFailure `failed` with the service's events and the stopped tasks' reasons; `timeout`.
 */
export async function verifyRollout(
  options: VerifyRolloutOptions,
  session: Session = openSession(options.region, options.log),
): Promise<string> {
  const { cluster, service, taskDefinition, timeoutSeconds } = options;
  const began = session.clock.now();
  const deadline = began + timeoutSeconds * 1_000;
  let seen: Rollout = { state: 'waiting', deployment: undefined, progress: '' };

  const end = await poll(session, {
    deadline,
    check: async () => {
      const found = await describeService(session, cluster, service);
      const now = assessRollout(found, taskDefinition, seen.deployment);
      if (now.state !== 'waiting') return now;
      if (seen.state === 'waiting' && now.progress !== seen.progress) session.log(`${service}: ${now.progress}`);
      seen = now;
      const lost = now.deployment === undefined && session.clock.now() - began > VISIBLE_WITHIN_MS;
      return lost ? { ...now, state: 'failed' as const, reason: deploymentMissing(found, taskDefinition) } : undefined;
    },
  });
  const where = { cluster, service, deployment: end?.deployment ?? seen.deployment, since: began };
  if (end === undefined) {
    const head = `${service}: not rolled out within ${timeoutSeconds} s (${seen.state === 'waiting' ? seen.progress : ''})`;
    throw new EcsFailure('timeout', await diagnoseRollout(session, where, head));
  }
  if (end.state === 'failed')
    throw new EcsFailure('failed', await diagnoseRollout(session, where, `${service}: ${end.reason}`));
  if (options.healthUrl && options.commit) await waitUntilServing(session, options.healthUrl, options.commit, deadline);
  session.log(`${service}: deployment ${end.deployment} completed`);
  return end.deployment;
}

const deploymentMissing = ({ taskDefinition: running }: Service, wanted: string) =>
  `no deployment of ${wanted} appeared; the service runs ${running ?? 'nothing'}`;
