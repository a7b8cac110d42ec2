import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { diffStack } from '../../../infra/release/inspect/diff.ts';
import { readDrift } from '../../../infra/release/inspect/drift.ts';
import { planRollback } from '../../../infra/release/rollback/plan.ts';
import { rollBack } from '../../../infra/release/rollback/rollback.ts';
import { migrations, startStaging, type Staging } from '../fake/staging.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

type Arns = { web: string; worker: string; prune: string };

/** Drift against a state that was exported when these ran. */
async function driftFrom({ session, stack }: Staging, { web, worker, prune }: Arns) {
  const dir = await mkdtemp(join(tmpdir(), 'golive-state-'));
  try {
    const file = join(dir, 'state.json');
    const service = (name: string, taskDefinition: string) => ({
      type: 'aws:ecs/service:Service',
      outputs: { name, taskDefinition },
    });
    const target = { ecsParameters: { taskDefinitionArn: prune } };
    const schedule = { type: 'aws:scheduler/schedule:Schedule', outputs: { name: 'prune', target } };
    const resources = [{ type: 'pulumi:pulumi:Stack' }, service('web', web), service('worker', worker), schedule];
    await writeFile(file, JSON.stringify({ version: 3, deployment: { resources } }));
    return await readDrift(session, stack, file);
  } finally {
    await rm(dir, { recursive: true });
  }
}

test('drift: none when state, live and manifest agree', async () => {
  await using staging = await startStaging();
  const a = staging.build(A);
  await staging.put(a);
  await staging.remember(a);
  expect(await driftFrom(staging, a.taskDefinitions)).toMatchObject({ agree: true, remedy: undefined });
});

test('drift: after a rollback the state is stale, and the command names the older images', async () => {
  await using staging = await startStaging({ running: A });
  const b = staging.build(B);
  await staging.put(b);
  await staging.remember(b);
  const plan = await planRollback(staging.session, staging.stack, { force: false });
  const { images } = await rollBack(staging.session, staging.stack, plan);
  const drift = await driftFrom(staging, b.taskDefinitions);
  expect(drift.agree).toBe(false);
  expect(drift.rows[0]).toMatchObject({ state: b.taskDefinitions.web, live: plan.target.taskDefinitions.web });
  expect(drift.remedy?.command).toContain(`golive.release.runner ${images.runner}`.replace('golive.', 'golive:'));
  expect(drift.remedy?.command).toMatch(/pulumi up --stack staging --refresh$/);
  expect(drift.remedy?.command).not.toContain('force');
});

test('drift: after a forced rollback the command that reconciles says so too, or the update would refuse', async () => {
  await using staging = await startStaging({ running: A });
  const b = staging.build(B);
  await staging.put(b);
  const names = ['20260101000000_init', '20260102000000_expand', '20260103000000_contract'];
  const contracts = { '20260103000000_contract': '20260102000000_expand' };
  await staging.remember(b, { migrations: migrations(names, contracts) });
  const plan = await planRollback(staging.session, staging.stack, { force: true });
  await rollBack(staging.session, staging.stack, plan);
  expect((await driftFrom(staging, b.taskDefinitions)).remedy?.command).toContain('golive:release.force true');
});

test('drift: a manually changed service is restored to the manifest', async () => {
  await using staging = await startStaging();
  const a = staging.build(A);
  await staging.put(a);
  const release = await staging.remember(a);
  const b = staging.build(B);
  await staging.put({ ...a, taskDefinitions: { ...a.taskDefinitions, web: b.taskDefinitions.web } });
  const drift = await driftFrom(staging, a.taskDefinitions);
  expect(drift.remedy).toEqual({
    why: `web runs what no release of the manifest has, and ${release.id} should run`,
    command: `npm run ecs -- rollback --stack staging --to ${release.id}`,
  });
  const plan = await planRollback(staging.session, staging.stack, { to: release.id, force: false });
  await rollBack(staging.session, staging.stack, plan);
  expect((await driftFrom(staging, a.taskDefinitions)).rows.every((row) => row.live === row.manifest)).toBe(true);
});

test('diff: field by field from what runs to what was registered last, and to a release by its commit', async () => {
  await using staging = await startStaging({ running: A });
  expect(await diffStack(staging.session, staging.stack)).toEqual([]);
  const b = staging.build(B);
  const changed = await diffStack(staging.session, staging.stack);
  expect(changed.filter(({ process }) => process === 'web')).toEqual([
    { process: 'web', field: 'containerDefinitions.web.environment.GIT_COMMIT.value', from: A, to: B },
    {
      process: 'web',
      field: 'containerDefinitions.web.image',
      from: expect.stringContaining('@sha256:') as string,
      to: b.images.runner,
    },
  ]);
  await staging.remember(b);
  expect(await diffStack(staging.session, staging.stack, B.slice(0, 9))).toEqual(changed);
  await expect(diffStack(staging.session, staging.stack, 'feedbee')).rejects.toThrow(/no release feedbee/);
});
