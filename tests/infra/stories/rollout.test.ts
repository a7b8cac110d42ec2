import { expect, test } from 'vitest';
import { EcsFailure } from '../../../infra/release/ecs/failure.ts';
import { verifyRollout } from '../../../infra/release/rollout/verify.ts';
import { ROLLOUT, type RolloutScript } from '../fake/scripts.ts';
import { deploy } from '../fake/services.ts';
import { startStaging, type Staging } from '../fake/staging.ts';

const OLD = 'a'.repeat(40);
const NEW = 'b'.repeat(40);

/** What Pulumi does and what the hook then asks: update web, and see it through. */
function update({ world, build, session, stack }: Staging, script: RolloutScript, timeoutSeconds = 1_200) {
  const { taskDefinitions } = build(NEW);
  deploy(world, world.services.get('web')!, taskDefinitions.web, script);
  return verifyRollout(
    {
      cluster: stack.cluster,
      service: 'web',
      taskDefinition: taskDefinitions.web,
      region: stack.region,
      healthUrl: `${stack.origin}/api/health`,
      commit: NEW,
      timeoutSeconds,
      log: session.log,
    },
    session,
  );
}

async function failureOf(script: RolloutScript, running: string | undefined, timeoutSeconds?: number) {
  await using staging = await startStaging(running === undefined ? {} : { running });
  const failure: unknown = await update(staging, script, timeoutSeconds).catch((error: unknown) => error);
  if (!(failure instanceof EcsFailure)) throw new Error(`expected a failure, got ${String(failure)}`);
  return failure;
}

test('happy: the new deployment is complete, and the new commit answers', async () => {
  await using staging = await startStaging({ running: OLD });
  expect(await update(staging, ROLLOUT.completes())).toMatch(/^ecs-svc\//);
  expect(staging.said.join('\n')).toMatch(/0 of 2 running, IN_PROGRESS[^]*serves b{40}[^]*completed/);
});

test('first deployment: a service with nothing before it comes up', async () => {
  await using staging = await startStaging();
  await update(staging, ROLLOUT.completes());
});

test('breaker rollback: the old release standing again is a failure, with events and stopped tasks', async () => {
  const failure = await failureOf(ROLLOUT.breaker(), OLD);
  expect(failure.ending).toBe('failed');
  expect(failure.message).toMatch(/web: deployment ecs-svc\/\d+ failed: ECS deployment circuit breaker/);
  expect(failure.message).toMatch(/deployment failed: ECS deployment circuit breaker/);
  expect(failure.message).toMatch(/stopped task \w+; EssentialContainerExited; .*web exited 1/);
});

test('breaker rollback between two looks: the deployment is gone, its successor is not taken for it', async () => {
  await using staging = await startStaging({ running: OLD });
  staging.session.pollMs = 60_000;
  await expect(update(staging, ROLLOUT.breaker())).rejects.toThrow(
    /was replaced by ecs-svc\/\d+, which runs golive-staging-web:1: .*rolling back to deploymentId/,
  );
});

test('breaker rollback before the first look: the service runs something else, and that is a failure', async () => {
  await using staging = await startStaging({ running: OLD });
  const { taskDefinitions } = staging.build(NEW);
  deploy(staging.world, staging.world.services.get('web')!, taskDefinitions.web, { ...ROLLOUT.breaker(), after: 1 });
  await staging.session.clock.sleep(300_000);
  const watch = { cluster: 'golive-staging', service: 'web', region: staging.stack.region, timeoutSeconds: 1_200 };
  await expect(
    verifyRollout({ ...watch, taskDefinition: taskDefinitions.web, log: staging.session.log }, staging.session),
  ).rejects.toThrow(/no deployment of .*golive-staging-web:2 appeared; the service runs .*golive-staging-web:1/);
});

test('alarm rollback: a deployment that an alarm undid is a failure that names the alarm', async () => {
  expect((await failureOf(ROLLOUT.alarm(), OLD)).message).toMatch(/ECS deployment alarm: web-faults/);
});

test('the first deployment fails: there is nothing to return to, and the reasons are shown', async () => {
  const failure = await failureOf(ROLLOUT.breaker(), undefined);
  expect(failure.message).toMatch(/failed: ECS deployment circuit breaker/);
  expect(failure.message).toMatch(/web exited 1/);
});

test('a deployment that vanishes is a failure', async () => {
  expect((await failureOf(ROLLOUT.vanishes(), OLD)).message).toMatch(
    /was replaced by .* which runs golive-staging-web:1/,
  );
  expect((await failureOf(ROLLOUT.vanishes(), undefined)).message).toMatch(/vanished and nothing took its place/);
});

test('a deployment that never settles ends at its limit, with its last progress', async () => {
  const failure = await failureOf(ROLLOUT.stuck(), OLD, 600);
  expect(failure.ending).toBe('timeout');
  expect(failure.message).toMatch(/not rolled out within 600 s \(0 of 2 running, IN_PROGRESS\)/);
});

test('a complete deployment that answers with the old commit is a failure', async () => {
  await using staging = await startStaging({ running: OLD });
  staging.world.health = { status: 200, commit: OLD };
  await expect(update(staging, ROLLOUT.completes(), 300)).rejects.toThrow(
    /does not serve commit b{40}; it last said: 200 .*a{40}/,
  );
});

test('a complete deployment that is not healthy is a failure, whatever commit it names', async () => {
  await using staging = await startStaging({ running: OLD });
  staging.world.health = { status: 503, commit: NEW };
  await expect(update(staging, ROLLOUT.completes(), 300)).rejects.toThrow(/it last said: 503/);
});

test('throttling and a lost connection while waiting change nothing about the verdict', async () => {
  await using staging = await startStaging({ running: OLD });
  staging.aws.fail('DescribeServices', 'throttled', 6);
  staging.aws.fail('DescribeServices', 'unreachable', 20);
  await update(staging, ROLLOUT.completes());
  expect((await failureOf(ROLLOUT.breaker(), OLD)).ending).toBe('failed');
});
