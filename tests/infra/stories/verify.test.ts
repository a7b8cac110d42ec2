import { expect, test } from 'vitest';
import type { Check } from '../../../infra/release/checks/check.ts';
import { OPERATOR_PERMISSIONS, RELEASE_PERMISSIONS } from '../../../infra/release/permissions.ts';
import { verifyStack } from '../../../infra/release/inspect/verify.ts';
import { DATABASE_SECRET, startStaging, type Staging } from '../fake/staging.ts';

const COMMIT = 'a'.repeat(40);
const OPERATOR = { ...RELEASE_PERMISSIONS, ...OPERATOR_PERMISSIONS };

/** The checks of a stack after this was done to it, but for those that passed. */
async function findings(spoil: (staging: Staging) => void, images: string[] = []): Promise<Check[]> {
  await using staging = await startStaging({ running: COMMIT, may: OPERATOR });
  spoil(staging);
  const checks = await verifyStack(staging.session, staging.stack, images);
  expect(checks.length).toBeGreaterThan(10);
  return checks.filter(({ state }) => state !== 'passed');
}

const failed = (name: RegExp, detail: RegExp) => [
  { name: expect.stringMatching(name) as string, state: 'failed', detail: expect.stringMatching(detail) as string },
];

test('a sound stack passes every check', async () => {
  expect(await findings(() => undefined)).toEqual([]);
});

test('an image that is not in the registry is found', async () => {
  const image = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/golive-staging/runner@sha256:${'0'.repeat(64)}`;
  expect(await findings(() => undefined, [image])).toEqual(failed(/runner@sha256:0{12}$/, /is not in the registry/));
});

test('an image that is named by a tag is found', async () => {
  const image = '123456789012.dkr.ecr.eu-central-1.amazonaws.com/golive-staging/runner:latest';
  expect(await findings(() => undefined, [image])).toEqual(failed(/runner:latest/, /not an ECR image by digest/));
});

test('a missing role and a role that ECS may not take are found', async () => {
  expect(await findings(({ world }) => world.roles.delete('golive-staging-web'))).toEqual(
    failed(/staging-web/, /does not exist/),
  );
  const untrusted = (staging: Staging) =>
    void staging.world.roles.set('golive-staging-web', { trusts: 'ec2.amazonaws.com' });
  expect(await findings(untrusted)).toEqual(failed(/staging-web/, /does not trust ecs-tasks/));
});

test('a missing secret, a missing key and a secret without a value are found, and no value is ever shown', async () => {
  expect(await findings(({ world }) => world.secrets.clear())).toEqual(failed(/key DATABASE_URL/, /does not exist/));
  const emptied = (staging: Staging) => void staging.world.secrets.set(DATABASE_SECRET, '{"OTHER":"secret-value"}');
  const found = await findings(emptied);
  expect(found).toEqual(failed(/key DATABASE_URL/, /has no key DATABASE_URL/));
  expect(JSON.stringify(found)).not.toContain('secret-value');
  const whole = (staging: Staging) => {
    staging.world.secrets.set(DATABASE_SECRET, '');
    for (const { containerDefinitions } of staging.world.taskDefinitions.values())
      for (const one of containerDefinitions) one.secrets = [{ name: 'DATABASE_URL', valueFrom: DATABASE_SECRET }];
  };
  expect(await findings(whole)).toEqual(failed(/database/, /has no value yet/));
});

test('a missing log group is found', async () => {
  expect(await findings(({ world }) => world.logGroups.delete('/golive/staging/prune'))).toEqual(
    failed(/prune/, /does not exist/),
  );
});

test('a target group that sends to another port, asks another path or takes instances is found', async () => {
  expect(await findings(({ world }) => (world.targetGroup.port = 8080))).toEqual(
    failed(/target group/, /port 8080.*opens 3000/),
  );
  expect(await findings(({ world }) => (world.targetGroup.healthPath = '/'))).toEqual(
    failed(/target group/, /not \/api\/health/),
  );
  expect(await findings(({ world }) => (world.targetGroup.targetType = 'instance'))).toEqual(
    failed(/target group/, /needs ip/),
  );
});

test('a quota, subnets or security groups that cannot carry a rollout are found', async () => {
  expect(await findings(({ world }) => (world.fargateVcpus = 2))).toEqual(
    failed(/quota/, /takes 4.5 vCPU, the account may run 2/),
  );
  const full = (staging: Staging) => staging.world.subnets.forEach((subnet) => (subnet.free = 2));
  expect(await findings(full)).toEqual(failed(/addresses/, /takes 9 addresses, 4 are free/));
  expect(await findings(({ world }) => world.securityGroups.clear())).toEqual(
    failed(/security groups/, /does not exist/),
  );
});

test('skipped is not failed: what the role may not look at, and what is not there before the first release', async () => {
  await using staging = await startStaging({ running: COMMIT });
  const checks = await verifyStack(staging.session, staging.stack, []);
  expect(checks.filter(({ state }) => state !== 'passed')).toEqual([
    { name: expect.stringContaining('key DATABASE_URL') as string, state: 'skipped', detail: 'not allowed to look' },
  ]);
  await using empty = await startStaging();
  const before = await verifyStack(empty.session, empty.stack, []);
  expect(before.filter(({ state }) => state === 'skipped')).toHaveLength(4);
  expect(before.filter(({ state }) => state === 'failed')).toEqual([]);
});
