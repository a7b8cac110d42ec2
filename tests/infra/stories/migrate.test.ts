import { expect, test } from 'vitest';
import { EcsFailure } from '../../../infra/release/ecs/failure.ts';
import { runMigrations } from '../../../infra/release/migrate/run-migrations.ts';
import { TASK, type TaskScript } from '../fake/scripts.ts';
import { startStaging, type Staging } from '../fake/staging.ts';
import { addTask } from '../fake/tasks.ts';

const COMMIT = 'c'.repeat(40);

function gate({ session, stack, build }: Staging, timeoutSeconds = 900) {
  return runMigrations(
    {
      cluster: stack.cluster,
      taskDefinition: build(COMMIT).taskDefinitions.migrate,
      networkConfiguration: stack.network,
      container: 'migrate',
      logGroup: stack.logGroups.migrate,
      region: stack.region,
      timeoutSeconds,
      log: session.log,
    },
    session,
  );
}

/** Runs the gate against a task that behaves like this, and returns what it threw. */
async function failureOf(script: TaskScript, timeoutSeconds?: number) {
  await using staging = await startStaging({ running: 'a'.repeat(40) });
  staging.world.taskScripts.set('golive-staging-migrate', [script]);
  const failure: unknown = await gate(staging, timeoutSeconds).catch((error: unknown) => error);
  if (!(failure instanceof EcsFailure)) throw new Error(`expected a failure, got ${String(failure)}`);
  expect(staging.aws.calls.map(({ action }) => action)).not.toContain('UpdateService');
  return { ending: failure.ending, text: failure.message, world: staging.world, calls: staging.aws.calls };
}

test('happy: the gate opens once the migrate task has exited 0', async () => {
  await using staging = await startStaging();
  await gate(staging);
  expect(staging.said.at(-1)).toMatch(/exited 0/);
  expect(staging.world.tasks).toHaveLength(1);
});

test('migrate exits 1: the gate stays shut and shows the last log lines', async () => {
  const { ending, text } = await failureOf(
    TASK.exits(1, ['applying 2026_add_column', 'ERROR: column "x" already exists']),
  );
  expect(ending).toBe('failed');
  expect(text).toMatch(/exited 1; EssentialContainerExited/);
  expect(text).toContain('  | ERROR: column "x" already exists');
});

test('migrate never starts: the reason of ECS and its likely cause are shown', async () => {
  const secret = await failureOf(TASK.cannotReadSecret());
  expect(secret.text).toMatch(
    /without ever running; TaskFailedToStart; ResourceInitializationError.*no key DATABASE_URL/,
  );
  expect(secret.text).toContain('cannot read a secret');
  expect(secret.text).toContain('the container never wrote');
  const image = await failureOf(TASK.cannotPull());
  expect(image.text).toMatch(/CannotPullContainerError.*digest is not in the registry/s);
});

test('migrate is refused by RunTask: the failures of the answer are the error', async () => {
  const { ending, text } = await failureOf(TASK.noCapacity());
  expect(ending).toBe('failed');
  expect(text).toMatch(/started no task of .*Capacity is unavailable/s);
});

test('migrate stops fast: a task that is over before the first look is judged by its exit code, and none is a failure', async () => {
  await using staging = await startStaging();
  staging.world.taskScripts.set('golive-staging-migrate', [TASK.fastStop(0)]);
  await gate(staging);
  expect((await failureOf(TASK.fastStop(3))).text).toMatch(/exited 3/);
  expect((await failureOf(TASK.fastStopUnborn())).text).toMatch(/without ever running/);
});

test('migrate hangs: it is stopped at the limit, and its last log lines are shown', async () => {
  const { ending, text, world, calls } = await failureOf(TASK.hangs(['waiting for lock']), 300);
  expect(ending).toBe('timeout');
  expect(text).toMatch(/did not finish within 300 s and was stopped/);
  expect(text).toContain('| waiting for lock');
  expect(calls.find(({ action }) => action === 'StopTask')?.input.reason).toBe('golive: over its limit of 300 s');
  expect(world.tasks[0]?.stopping).toBeDefined();
});

test('a migration task that stays pending is distinguished from one that hangs', async () => {
  expect((await failureOf(TASK.staysPending(), 300)).text).toMatch(/never started within 300 s/);
});

test('concurrent migrator: a second one is refused before anything is started', async () => {
  await using staging = await startStaging();
  const { taskDefinitions } = staging.build('b'.repeat(40));
  addTask(staging.world, { definition: taskDefinitions.migrate, startedBy: 'somebody-else', script: TASK.hangs() });
  await expect(gate(staging)).rejects.toThrow(/another migration is running: task \w+ by somebody-else since 2026/);
  expect(staging.aws.calls.map(({ action }) => action)).not.toContain('RunTask');
});

test('concurrent migrators: of two started at the same time exactly one continues', async () => {
  await using staging = await startStaging();
  const outcomes = await Promise.allSettled([gate(staging), gate(staging)]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { ending: 'refused' } });
});

test('concurrent migrator: other work in the migrator’s image does not keep a migration out', async () => {
  await using staging = await startStaging();
  const { taskDefinitions } = staging.build('b'.repeat(40));
  addTask(staging.world, { definition: taskDefinitions.migrate, startedBy: 'golive-run/audit', script: TASK.hangs() });
  await gate(staging);
});

test('throttling: the gate backs off and goes on', async () => {
  await using staging = await startStaging();
  for (const action of ['ListTasks', 'RunTask', 'DescribeTasks']) staging.aws.fail(action, 'throttled', 5);
  await gate(staging);
  expect(staging.world.tasks).toHaveLength(1);
});

test('lost connection: an answer lost on the way starts no second task', async () => {
  await using staging = await startStaging();
  staging.aws.fail('RunTask', 'lost', 2);
  await gate(staging);
  expect(staging.aws.calls.filter(({ action }) => action === 'RunTask')).toHaveLength(3);
  expect(staging.world.tasks).toHaveLength(1);
});

test('connection loss while waiting: the result of the migration is still found', async () => {
  await using staging = await startStaging();
  staging.world.taskScripts.set('golive-staging-migrate', [{ ...TASK.exits(0), stoppedAt: 600_000 }]);
  staging.aws.fail('DescribeTasks', 'unreachable', 30);
  await gate(staging);
  expect(staging.said.join('\n')).toMatch(/does not answer .*; still waiting/);
  expect(staging.world.tasks).toHaveLength(1);
});

test('a denied call fails at once and is not retried', async () => {
  await using staging = await startStaging();
  staging.aws.fail('RunTask', 'denied', 1);
  await expect(gate(staging)).rejects.toThrow(/not authorized to perform RunTask/);
  expect(staging.world.tasks).toHaveLength(0);
});
