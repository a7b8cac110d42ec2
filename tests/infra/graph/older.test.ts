import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { readMigrations } from '../../../infra/release/migrate/migrations.ts';
import { planRollback } from '../../../infra/release/rollback/plan.ts';
import { readReleases } from '../../../infra/release/manifest/manifest.ts';
import { TASK } from '../fake/scripts.ts';
import { COMMITS, environment, migrations, moved, MOVES, verdicts } from './updates.ts';

const [A, B, C] = COMMITS;
const checkout = await readMigrations(fileURLToPath(new URL('../../../prisma/migrations', import.meta.url)));
const [init] = checkout;
const EXPAND = { name: '99990101000000_add_full_name' };
const CONTRACT = { name: '99990102000000_drop_name', expand: EXPAND.name };

afterEach(() => vi.unstubAllGlobals());

/** A stack that was deployed as A, and since then as B, whose migrations were applied. */
async function since(applied: typeof checkout) {
  const env = await environment();
  await env.up(await env.graph(A));
  await env.staging.remember(env.staging.build(B), { migrations: [...checkout, ...applied] });
  return env;
}

test('pulumi up with an older digest is refused when its code is not compatible with the schema: nothing runs, nothing moves', async () => {
  await using env = await since([EXPAND, CONTRACT]);
  const before = structuredClone(env.staging.world.services);
  const outcome = await env.up(await env.graph(A));
  expect(outcome.failed?.where).toBe('web Service');
  expect(outcome.failed?.message).toMatch(
    /the code of a{40} is not compatible with what was applied since: 99990102000000_drop_name\. .*golive:release\.force true/,
  );
  expect(moved(outcome)).toEqual([]);
  expect(migrations(env.staging)).toHaveLength(1);
  expect(env.staging.world.services).toEqual(before);
});

test('a commit that was never released counts as what its checkout holds', async () => {
  await using env = await since([EXPAND, CONTRACT]);
  expect((await env.up(await env.graph(C))).failed?.message).toMatch(/the code of c{40} is not compatible/);
});

test('who insists by configuration gets it, with the reason said aloud', async () => {
  await using env = await since([EXPAND, CONTRACT]);
  const outcome = await env.up(await env.graph(A, { force: true }));
  expect(outcome.failed).toBeUndefined();
  expect(moved(outcome)).toEqual(MOVES);
  expect(verdicts(env.staging).at(-1)).toBe('succeeded');
  expect(env.staging.said.join('\n')).toMatch(/forced: .*99990102000000_drop_name/);
});

test('an older digest that is compatible with the schema is deployed, and recorded with its migrations', async () => {
  await using env = await since([EXPAND, { ...CONTRACT, expand: init!.name }]);
  const built = [init!];
  await env.staging.remember(env.staging.build(C), { migrations: built });
  const outcome = await env.up(await env.graph(C));
  expect(outcome.failed).toBeUndefined();
  expect(moved(outcome)).toEqual(MOVES);
  const { session, stack } = env.staging;
  const [newest] = await readReleases(session, stack.bucket);
  expect(newest).toMatchObject({ commit: C, kind: 'deploy', verdict: 'succeeded', migrations: built });
});

test('what may have been applied is on record before the migrations begin', async () => {
  await using env = await environment();
  await env.up(await env.graph(A));
  const { calls } = env.staging.aws;
  const started = calls.findIndex(({ action }) => action === 'RunTask');
  const written = calls.slice(0, started).filter(({ action }) => action === 'PutObject');
  expect(written.map(({ input }) => JSON.parse(String(input.body)) as object)).toEqual([
    expect.objectContaining({ commit: A, verdict: 'migrating', migrations: checkout }),
  ]);
});

test('a migration that fails stays on record with its reason, in the audit log by a migrator that is known to work', async () => {
  await using env = await environment();
  await env.up(await env.graph(A));
  const { world, session, stack } = env.staging;
  world.taskScripts.set('golive-staging-migrate', [TASK.exits(1), TASK.exits(0)]);
  await env.up(await env.graph(B));
  const [failed, running] = await readReleases(session, stack.bucket);
  expect(failed).toMatchObject({
    commit: B,
    verdict: 'failed',
    reason: expect.stringContaining('exited 1') as string,
    migrations: checkout,
  });
  const audit = world.tasks.at(-1);
  expect(audit?.taskDefinition).toBe(running?.taskDefinitions.migrate);
  expect(JSON.parse(audit?.command[2] ?? '')).toMatchObject({ id: failed?.id, verdict: 'failed' });
  // A release that works is not taken back because a later one never came to be.
  await expect(planRollback(session, stack, { force: false })).rejects.toThrow(/everything already runs/);
});

test('a rollback and an update judge alike', async () => {
  await using env = await since([EXPAND, CONTRACT]);
  const { session, stack } = env.staging;
  await expect(planRollback(session, stack, { to: A, force: false })).rejects.toThrow(/is not compatible/);
  expect(await planRollback(session, stack, { to: A, force: true })).toMatchObject({ forced: true });
});
