import type { Deployment, Service } from '@aws-sdk/client-ecs';
import { expect, test } from 'vitest';
import { assessRollout } from './rollout-state.ts';

const OLD = 'arn:aws:ecs:eu-central-1:1:task-definition/web:1';
const NEW = 'arn:aws:ecs:eu-central-1:1:task-definition/web:2';

const deployment = (id: string, status: string, more: Partial<Deployment> = {}): Deployment => ({
  id,
  status,
  taskDefinition: NEW,
  desiredCount: 2,
  runningCount: 2,
  rolloutState: 'COMPLETED',
  ...more,
});
const service = (...deployments: Deployment[]): Service => ({ desiredCount: 2, deployments });

test('done means: the remembered deployment is PRIMARY, COMPLETED and at the count the service wants', () => {
  expect(assessRollout(service(deployment('a', 'PRIMARY')), NEW, 'a')).toEqual({ state: 'done', deployment: 'a' });
  for (const more of [
    { rolloutState: 'IN_PROGRESS' },
    { runningCount: 1 },
    { desiredCount: 1, runningCount: 1 },
  ] as const)
    expect(assessRollout(service(deployment('a', 'PRIMARY', more)), NEW, 'a').state).toBe('waiting');
});

test('a later deployment of the same task definition is not taken for the remembered one', () => {
  const found = assessRollout(service(deployment('b', 'PRIMARY')), NEW, 'a');
  expect(found).toMatchObject({
    state: 'failed',
    deployment: 'a',
    reason: expect.stringContaining('replaced by b') as string,
  });
});

test('before the update is visible, an old deployment that still drains is not taken for the new one', () => {
  const draining = deployment('old', 'ACTIVE', { runningCount: 1 });
  const primary = deployment('now', 'PRIMARY', { taskDefinition: OLD });
  expect(assessRollout(service(primary, draining), NEW, undefined)).toMatchObject({
    state: 'waiting',
    deployment: undefined,
  });
});

test('a deployment that failed before it was first seen is a failure at once', () => {
  const failed = deployment('a', 'ACTIVE', { rolloutState: 'FAILED', rolloutStateReason: 'circuit breaker' });
  const primary = deployment('back', 'PRIMARY', { taskDefinition: OLD });
  expect(assessRollout(service(primary, failed), NEW, undefined)).toMatchObject({ state: 'failed', deployment: 'a' });
});
