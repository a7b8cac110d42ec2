import { expect, test } from 'vitest';
import { EcsFailure } from '../../../infra/release/ecs/failure.ts';
import { readLive } from '../../../infra/release/ecs/live.ts';
import { planRollback, type RollbackOptions } from '../../../infra/release/rollback/plan.ts';
import { rollBack } from '../../../infra/release/rollback/rollback.ts';
import { readReleases } from '../../../infra/release/manifest/manifest.ts';
import { ROLLOUT, TASK } from '../fake/scripts.ts';
import { deploy } from '../fake/services.ts';
import { migrations, startStaging, type Staging } from '../fake/staging.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
const C = 'c'.repeat(40);

const INIT = '20260101000000_init';
const EXPAND = '20260102000000_add_full_name';
const CONTRACT = '20260103000000_drop_name';
const NAMES = [INIT, EXPAND, CONTRACT];

/** A stack that was deployed as A and then as B. */
async function twoReleases(more: Parameters<Staging['remember']>[1] = {}) {
  const staging = await startStaging({ running: A });
  const b = staging.build(B);
  await staging.put(b);
  await staging.remember(b, more);
  return staging;
}

async function rollback({ session, stack }: Staging, options: Partial<RollbackOptions> = {}) {
  const plan = await planRollback(session, stack, { force: false, ...options });
  return rollBack(session, stack, plan);
}

async function refusal(staging: Staging, options: Partial<RollbackOptions> = {}): Promise<string> {
  const failure: unknown = await rollback(staging, options).catch((error: unknown) => error);
  if (!(failure instanceof EcsFailure)) throw new Error(`expected a refusal, got ${String(failure)}`);
  expect(failure.ending).toBe('refused');
  const changes = staging.aws.calls.filter(({ action }) => /^(Update|Stop|Run|Put)/.test(action));
  expect(changes).toEqual([]);
  return failure.message;
}

/** Revision numbers of what runs: web, worker, prune. */
async function revisions({ session, stack }: Staging) {
  const { web, worker, prune } = await readLive(session, stack);
  return [web, worker, prune].map((arn) => Number(arn.split(':').at(-1)));
}

test('rollback and roll forward: web, worker and schedule go back together, and forward again by name', async () => {
  await using staging = await twoReleases();
  const back = await rollback(staging);
  expect(back).toMatchObject({ kind: 'rollback', commit: A, verdict: 'succeeded' });
  expect(Object.keys(back.deployments)).toEqual(['web', 'worker']);
  expect(await revisions(staging)).toEqual([1, 1, 1]);
  await rollback(staging, { to: B.slice(0, 8) });
  expect(await revisions(staging)).toEqual([2, 2, 2]);
});

test('a rollback is in the manifest and in the audit log, by the newest migrator', async () => {
  await using staging = await twoReleases();
  const { id } = await rollback(staging);
  const [newest] = await readReleases(staging.session, staging.stack.bucket);
  expect(newest).toMatchObject({ id, by: expect.stringContaining('assumed-role/deploy/ci') as string });
  const audit = staging.world.tasks.at(-1);
  expect(audit?.taskDefinition).toMatch(/golive-staging-migrate:2$/);
  expect(audit?.command.slice(0, 2)).toEqual(['node', 'scripts/release/record.ts']);
  expect(JSON.parse(audit?.command[2] ?? '')).toMatchObject({ id, kind: 'rollback', verdict: 'succeeded', commit: A });
});

test('an audit event that cannot be written is an ending of its own, and the rollback stands', async () => {
  await using staging = await twoReleases();
  staging.world.taskScripts.set('golive-staging-migrate', [TASK.exits(1, ['no route to database'])]);
  await expect(rollback(staging)).rejects.toMatchObject({
    ending: 'unaudited',
    message: expect.stringMatching(/no route to database[^]*releases --audit 2026/) as string,
  });
  expect(await revisions(staging)).toEqual([1, 1, 1]);
});

test('the schedule keeps everything else it had', async () => {
  await using staging = await twoReleases();
  const before = structuredClone(staging.world.schedules.get('prune'));
  await rollback(staging);
  const after = staging.world.schedules.get('prune');
  expect(after?.Target.EcsParameters.TaskDefinitionArn).toMatch(/prune:1$/);
  before!.Target.EcsParameters.TaskDefinitionArn = after!.Target.EcsParameters.TaskDefinitionArn;
  expect(after).toMatchObject(before!);
});

test('a second rollback goes one release further back', async () => {
  await using staging = await twoReleases();
  const c = staging.build(C);
  await staging.put(c);
  await staging.remember(c);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([2, 2, 2]);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([1, 1, 1]);
  expect(await refusal({ ...staging, aws: { ...staging.aws, calls: [] } })).toMatch(/first release of the manifest/);
});

test('a failed release between is passed over: the target is the one before, not revision minus one', async () => {
  await using staging = await startStaging({ running: A });
  await staging.remember(staging.build(B), { verdict: 'failed' });
  const c = staging.build(C);
  await staging.put(c);
  await staging.remember(c);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([1, 1, 1]);
});

test('a deployment under way is stopped, and both services end on the last release that succeeded', async () => {
  await using staging = await startStaging({ running: A });
  const b = staging.build(B);
  await staging.remember(b, { verdict: 'migrated' });
  deploy(staging.world, staging.world.services.get('web')!, b.taskDefinitions.web, ROLLOUT.stuck());
  await staging.session.clock.sleep(30_000);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([1, 1, 1]);
  expect(staging.aws.calls.map(({ action }) => action)).toContain('StopServiceDeployment');
  expect(staging.aws.calls.filter(({ action }) => action === 'UpdateService')).toEqual([]);
});

test('a deployment that got no further than web is taken back', async () => {
  await using staging = await startStaging({ running: A });
  const b = staging.build(B);
  await staging.remember(b, { verdict: 'failed' });
  deploy(staging.world, staging.world.services.get('web')!, b.taskDefinitions.web, ROLLOUT.completes());
  await staging.session.clock.sleep(120_000);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([1, 1, 1]);
});

test('after an automatic rollback there is nothing left to do, and a release that works is not lost', async () => {
  await using staging = await startStaging({ running: A });
  await staging.remember(staging.build(B), { verdict: 'failed' });
  expect(await refusal(staging)).toMatch(/everything already runs 2026\d+T\d+Z-aaaaaaa/);
});

test('dry run: the plan names every step and changes nothing', async () => {
  await using staging = await twoReleases();
  const plan = await planRollback(staging.session, staging.stack, { force: false });
  expect(plan.steps.map((step) => [step.kind, 'service' in step ? step.service : 'prune'])).toEqual([
    ['service', 'web'],
    ['service', 'worker'],
    ['schedule', 'prune'],
  ]);
  expect(await revisions(staging)).toEqual([2, 2, 2]);
});

test('INACTIVE target: a deregistered task definition is refused before anything is touched', async () => {
  await using staging = await twoReleases();
  for (const one of staging.world.taskDefinitions.values())
    if (one.family === 'golive-staging-worker' && one.revision === 1) one.status = 'INACTIVE';
  expect(await refusal(staging, { force: true })).toMatch(
    /golive-staging-worker:1 is INACTIVE.*skipDestroy[^]*Deploy commit a{40} again/,
  );
});

test('a target whose image is gone from the registry is refused before anything is touched', async () => {
  await using staging = await twoReleases();
  staging.world.images.clear();
  expect(await refusal(staging)).toMatch(/is missing in the registry/);
});

test('incompatible rollback refused: the older code is not compatible with a contract applied since', async () => {
  await using staging = await twoReleases({ migrations: migrations(NAMES, { [CONTRACT]: EXPAND }) });
  expect(await refusal(staging)).toMatch(/is not compatible with what was applied since: 20260103000000_drop_name/);
  await rollback(staging, { force: true });
  expect(await revisions(staging)).toEqual([1, 1, 1]);
  expect(staging.said.join('\n')).toMatch(/forced: .*drop_name/);
});

test('an expand is compatible, and so is a contract with code that already had its expand', async () => {
  await using staging = await twoReleases({ migrations: migrations([INIT, EXPAND]) });
  const c = staging.build(C);
  await staging.put(c);
  await staging.remember(c, { migrations: migrations(NAMES, { [CONTRACT]: EXPAND }) });
  expect(await refusal(staging, { to: A })).toMatch(/20260103000000_drop_name/);
  await rollback(staging);
  expect(await revisions(staging)).toEqual([2, 2, 2]);
});

test('a contract counts from the moment it was applied, also when its own rollout failed', async () => {
  await using staging = await twoReleases();
  const failed = { verdict: 'failed', migrations: migrations(NAMES, { [CONTRACT]: EXPAND }) } as const;
  await staging.remember(staging.build(C), failed);
  expect(await refusal(staging, { to: A })).toMatch(/drop_name/);
});

test('a rollback whose own rollout fails is recorded as failed, with its reason', async () => {
  await using staging = await twoReleases();
  staging.world.rolloutScripts.set('worker', [ROLLOUT.breaker()]);
  await expect(rollback(staging)).rejects.toThrow(/worker: deployment .* failed/);
  const [newest] = await readReleases(staging.session, staging.stack.bucket);
  expect(newest).toMatchObject({
    kind: 'rollback',
    verdict: 'failed',
    reason: expect.stringContaining('worker') as string,
  });
  expect((await revisions(staging))[2]).toBe(2);
});

test('a target that is unknown, ambiguous or never succeeded is refused', async () => {
  await using staging = await twoReleases();
  await staging.remember(staging.build(C), { verdict: 'failed' });
  expect(await refusal(staging, { to: 'feedbee' })).toMatch(/no release feedbee/);
  expect(await refusal(staging, { to: '2026' })).toMatch(/names 3 releases/);
  expect(await refusal(staging, { to: C })).toMatch(/never succeeded \(failed\)/);
});
