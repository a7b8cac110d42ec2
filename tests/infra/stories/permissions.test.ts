import { expect, test } from 'vitest';
import { readLogs } from '../../../infra/release/inspect/logs.ts';
import { runMigrations } from '../../../infra/release/migrate/run-migrations.ts';
import { OPERATOR_PERMISSIONS, RELEASE_PERMISSIONS } from '../../../infra/release/permissions.ts';
import { planRollback } from '../../../infra/release/rollback/plan.ts';
import { rollBack } from '../../../infra/release/rollback/rollback.ts';
import { readStatus } from '../../../infra/release/inspect/status.ts';
import { verifyStack } from '../../../infra/release/inspect/verify.ts';
import { ROLLOUT, TASK } from '../fake/scripts.ts';
import { deploy } from '../fake/services.ts';
import { DATABASE_SECRET, startStaging, type Staging } from '../fake/staging.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

/** A life in which everything is needed once: a migration that hangs, a rollback of a deployment under way, one of a release. */
async function everything(staging: Staging) {
  const { session, stack, world } = staging;
  const [one] = [...world.taskDefinitions.values()];
  one!.containerDefinitions[0]!.secrets = [{ name: 'WHOLE', valueFrom: DATABASE_SECRET }];
  await verifyStack(session, stack, []);
  const b = staging.build(B);
  await staging.remember(b, { verdict: 'migrated' });
  world.taskScripts.set('golive-staging-migrate', [TASK.hangs(), TASK.exits(0)]);
  const { cluster, network, logGroups, region } = stack;
  const task = {
    cluster,
    taskDefinition: b.taskDefinitions.migrate,
    networkConfiguration: network,
    container: 'migrate',
  };
  const gate = { ...task, logGroup: logGroups.migrate, region, timeoutSeconds: 60, log: session.log };
  await runMigrations(gate, session).catch(() => undefined);
  deploy(world, world.services.get('web')!, b.taskDefinitions.web, ROLLOUT.stuck());
  await rollBack(session, stack, await planRollback(session, stack, { force: false }));
  await staging.put(b);
  await staging.remember(b);
  world.rolloutScripts.set('worker', [ROLLOUT.breaker()]);
  const failing = rollBack(session, stack, await planRollback(session, stack, { force: false }));
  await failing.catch(() => undefined);
  world.rolloutScripts.clear();
  await rollBack(session, stack, await planRollback(session, stack, { to: A, force: false }));
  await readStatus(session, stack);
  await readLogs(session, { group: logGroups.web, since: 0 });
}

test('the deploy role holds exactly what the release commands call', async () => {
  await using staging = await startStaging({ running: A, may: { ...RELEASE_PERMISSIONS, ...OPERATOR_PERMISSIONS } });
  await everything(staging);
  const needed = Object.keys({ ...RELEASE_PERMISSIONS, ...OPERATOR_PERMISSIONS });
  expect([...staging.aws.actions].sort()).toEqual(needed.sort());
});

test('an action that the table lacks is refused, so that no story can pass without it', async () => {
  const may = Object.fromEntries(
    Object.entries(RELEASE_PERMISSIONS).filter(([action]) => action !== 'ecs:DescribeServices'),
  );
  await using staging = await startStaging({ running: A, may });
  await expect(readStatus(staging.session, staging.stack)).rejects.toThrow(/may not ecs:DescribeServices/);
});
