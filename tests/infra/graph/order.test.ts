import { readdir } from 'node:fs/promises';
import { afterEach, expect, test, vi } from 'vitest';
import { readReleases } from '../../../infra/release/manifest/manifest.ts';
import { ROLLOUT, TASK } from '../fake/scripts.ts';
import { addTask } from '../fake/tasks.ts';
import { find } from './recorded.ts';
import { COMMITS, environment, migrations, moved, MOVES, verdicts } from './updates.ts';

afterEach(() => vi.unstubAllGlobals());

test('the graph itself says: task definitions, then web, then worker, then prune, then the note of what runs', async () => {
  await using env = await environment();
  const graph = await env.graph(COMMITS[0]);
  const waits = (type: string, name: string) =>
    find(graph, type, name).dependencies.map((urn) => urn.split('::').at(-1));
  const web = waits('ecs/service:Service', 'web');
  expect(web).toEqual(expect.arrayContaining(['web-task', 'migrate-task', 'balancer-https', 'migrate-task-execution']));
  expect(web.filter((name) => name?.startsWith('secrets-'))).toHaveLength(4);
  expect(waits('ecs/service:Service', 'worker')).toContain('web');
  expect(waits('scheduler/schedule:Schedule', 'prune')).toEqual(expect.arrayContaining(['web', 'worker']));
  expect(waits('s3/bucketObjectv2:BucketObjectv2', 'releases-running')).toEqual(
    expect.arrayContaining(['web', 'worker', 'prune']),
  );
});

test('first deployment: everything is made, migrated once, verified, and recorded as succeeded', async () => {
  await using env = await environment();
  const outcome = await env.up(await env.graph(COMMITS[0]));
  expect(outcome.failed).toBeUndefined();
  expect(moved(outcome)).toEqual(MOVES);
  expect(migrations(env.staging)).toHaveLength(1);
  expect(verdicts(env.staging)).toEqual(['succeeded']);
});

test('a deployment is on record with all that it was and who made it, and the audit log has its event', async () => {
  await using env = await environment();
  const { staging } = env;
  await env.up(await env.graph(COMMITS[0]));
  const [release] = await readReleases(staging.session, staging.stack.bucket);
  const services = [...staging.world.services.values()];
  const image = (process: string) =>
    [...staging.world.taskDefinitions.values()].find(({ family }) => family.endsWith(process))?.containerDefinitions[0]
      ?.image;
  expect(release).toMatchObject({
    kind: 'deploy',
    commit: COMMITS[0],
    images: { runner: image('web'), migrator: image('migrate') },
    deployments: Object.fromEntries(services.map(({ name, deployments }) => [name, deployments.at(-1)?.id])),
    taskDefinitions: Object.fromEntries(
      services.map(({ name, deployments }) => [name, deployments.at(-1)?.taskDefinition]),
    ),
    verdict: 'succeeded',
    by: expect.stringContaining('assumed-role/deploy/ci') as string,
  });
  expect(release?.migrations.at(-1)?.name).toBe(
    (await readdir('prisma/migrations'))
      .filter((name) => /^\d/.test(name))
      .sort()
      .at(-1),
  );
  const audit = staging.world.tasks.at(-1);
  expect(audit?.command.slice(0, 2)).toEqual(['node', 'scripts/release/record.ts']);
  expect(JSON.parse(audit?.command[2] ?? '')).toMatchObject({ id: release?.id, kind: 'deploy', verdict: 'succeeded' });
});

test('a new release migrates before web moves, and nothing else of the platform changes', async () => {
  await using env = await environment();
  await env.up(await env.graph(COMMITS[0]));
  const outcome = await env.up(await env.graph(COMMITS[1]));
  expect(outcome.failed).toBeUndefined();
  expect(moved(outcome)).toEqual(MOVES);
  expect(outcome.touched.filter((one) => !MOVES.includes(one)).sort()).toEqual([
    'migrate-task TaskDefinition',
    'prune-task TaskDefinition',
    'releases-running BucketObjectv2',
    'web-task TaskDefinition',
    'worker-task TaskDefinition',
  ]);
  const [webMoved] = env.staging.world.services.get('web')!.deployments.slice(-1);
  expect(migrations(env.staging).at(-1)!.createdAt).toBeLessThan(webMoved!.createdAt);
});

test('an unchanged release does nothing at all, and a changed setting of the service migrates nothing', async () => {
  await using env = await environment();
  await env.up(await env.graph(COMMITS[0]));
  expect((await env.up(await env.graph(COMMITS[0], { sameRevision: true }))).touched).toEqual([]);
  const graph = await env.graph(COMMITS[0], { sameRevision: true });
  find(graph, 'ecs/service:Service', 'web').inputs.healthCheckGracePeriodSeconds = 90;
  const outcome = await env.up(graph);
  expect(outcome).toEqual({ touched: ['web Service'] });
  expect(migrations(env.staging)).toHaveLength(1);
});

test.each([
  ['exits 1', TASK.exits(1, ['ERROR: relation "x" does not exist']), /exited 1.*relation "x" does not exist/s],
  ['never starts', TASK.cannotPull(), /CannotPullContainerError/],
  ['stops before it ran', TASK.fastStopUnborn(), /without ever running/],
  ['hangs', TASK.hangs(['waiting for a lock']), /did not finish within 900 s.*waiting for a lock/s],
])('a migration that %s leaves every service as it was and says why', async (_how, script, reason) => {
  await using env = await environment();
  await env.up(await env.graph(COMMITS[0]));
  const before = structuredClone(env.staging.world.services);
  env.staging.world.taskScripts.set('golive-staging-migrate', [script]);
  const outcome = await env.up(await env.graph(COMMITS[1]));
  expect(moved(outcome)).toEqual([]);
  expect(outcome.failed?.where).toBe('web Service');
  expect(outcome.failed?.message).toMatch(reason);
  expect(env.staging.world.services).toEqual(before);
});

test('a migration that already runs elsewhere stops the release before anything moves', async () => {
  await using env = await environment();
  await env.up(await env.graph(COMMITS[0]));
  const graph = await env.graph(COMMITS[1]);
  addTask(env.staging.world, {
    definition: `arn:aws:ecs:eu-central-1:123456789012:task-definition/golive-staging-migrate:1`,
    startedBy: 'golive-migrate',
    script: TASK.hangs(),
  });
  const outcome = await env.up(graph);
  expect(moved(outcome)).toEqual([]);
  expect(outcome.failed?.message).toMatch(/another migration is running/);
  expect(verdicts(env.staging), 'nothing of it was applied').toEqual(['succeeded']);
});

test.each([
  ['the circuit breaker', ROLLOUT.breaker(), /circuit breaker/],
  ['an alarm', ROLLOUT.alarm(), /web-faults entered ALARM|deployment alarm/],
])(
  'a rollout of web that %s turns back fails the update, and worker and prune stay where they were',
  async (_who, script, reason) => {
    await using env = await environment();
    await env.up(await env.graph(COMMITS[0]));
    env.staging.world.rolloutScripts.set('web', [script]);
    const outcome = await env.up(await env.graph(COMMITS[1]));
    expect(moved(outcome)).toEqual(['web Service']);
    expect(outcome.failed?.message).toMatch(reason);
    expect(verdicts(env.staging)).toEqual(['succeeded', 'failed']);
  },
);

test.each(['web', 'worker'])(
  'the same release tried again after %s was turned back goes no further, although Pulumi sees nothing to change there',
  async (turned) => {
    await using env = await environment();
    await env.up(await env.graph(COMMITS[0]));
    env.staging.world.rolloutScripts.set(turned, [ROLLOUT.breaker()]);
    await env.up(await env.graph(COMMITS[1]));
    const again = await env.up(await env.graph(COMMITS[1], { sameRevision: true }));
    expect(moved(again)).toEqual([]);
    expect(again.failed?.message).toMatch(new RegExp(`${turned}: `));
  },
);

test('a web that is up but serves another commit fails the update before the worker moves', async () => {
  await using env = await environment();
  const graph = await env.graph(COMMITS[0]);
  env.staging.world.health = { status: 200, commit: COMMITS[2] };
  const outcome = await env.up(graph);
  expect(moved(outcome)).toEqual(['web Service']);
  expect(outcome.failed?.message).toMatch(/does not serve commit a{40}/);
});

test('after a failed release the next one migrates again and brings everything along', async () => {
  await using env = await environment();
  await env.up(await env.graph(COMMITS[0]));
  env.staging.world.taskScripts.set('golive-staging-migrate', [TASK.exits(1), TASK.exits(0)]);
  expect((await env.up(await env.graph(COMMITS[1]))).failed).toBeDefined();
  const outcome = await env.up(await env.graph(COMMITS[2]));
  expect(outcome.failed).toBeUndefined();
  expect(moved(outcome)).toEqual(MOVES);
  expect(verdicts(env.staging).at(-1)).toBe('succeeded');
});
