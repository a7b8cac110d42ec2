import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from './config.ts';
import { exampleRelease, readStackFile, STACKS, stackConfig } from './graph/stacks.ts';

type Raw = Record<string, Record<string, unknown>>;

async function complaints(change: (raw: Raw) => void): Promise<string> {
  const raw = { ...(await readStackFile('production')), release: 'none' } as unknown as Raw;
  change(raw);
  try {
    parseConfig(raw);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'nothing';
}

test.each(STACKS)('the committed configuration of %s is accepted, with a release and without', async (stack) => {
  expect((await stackConfig(stack)).release).toEqual({ ...exampleRelease(stack), force: false });
  expect((await stackConfig(stack, 'none')).release).toBeUndefined();
});

test('a forgotten release is an error: left out, it would take the services away', async () => {
  expect(await complaints((raw) => void delete raw.release)).toMatch(/golive:release: is missing: set it to what runs/);
});

test('every bad key is named, in one message, before anything is made', async () => {
  const message = await complaints((raw) => {
    raw.stack!.region = 'Frankfurt';
    raw.dns!.domain = 'localhost';
    raw.network!.zones = 7;
    raw.alerts = {};
  });
  for (const key of ['stack.region', 'dns.domain', 'network.zones', 'alerts.email', 'alerts.monthlyBudgetUsd'])
    expect(message).toContain(`golive:${key}:`);
});

test('a misspelt key is an error, at the top and inside', async () => {
  expect(await complaints((raw) => void (raw.databse = {}))).toContain('golive:databse: is not a known key');
  expect(await complaints((raw) => void (raw.database!.multiAZ = true))).toContain(
    'golive:database.multiAZ: is not a known key',
  );
});

test.each<[string, (raw: Raw) => void, string]>([
  ['a size Fargate does not offer', (raw) => void (raw.web!.memory = 1500), 'web.memory'],
  ['more tasks at least than at most', (raw) => void (raw.web!.min = 9), 'web.max'],
  ['a disk that may not grow', (raw) => void (raw.database!.maxStorageGb = 20), 'database.maxStorageGb'],
  ['more connections than the database takes', (raw) => void (raw.web!.max = 90), 'database.instanceClass'],
  ['an unknown instance class', (raw) => void (raw.database!.instanceClass = 'db.z9'), 'database.instanceClass'],
  ['protection without a standby', (raw) => void (raw.database!.multiAz = false), 'database.multiAz'],
  ['protection with three days of backups', (raw) => void (raw.database!.backupDays = 3), 'database.backupDays'],
  ['protection with one web task', (raw) => void (raw.web!.min = 1), 'web.min'],
  ['protection with one way out', (raw) => void (raw.network!.nat = 'single'), 'network.nat'],
  [
    'an image by tag',
    (raw) => void (raw.release = { ...exampleRelease('x'), runner: 'golive:latest' }),
    'release.runner',
  ],
  ['ids in the name of the repository', (raw) => void (raw.deploy!.repository = 'a@1/b@2'), 'deploy.repository'],
  ['one id of two', (raw) => void (raw.deploy!.ownerId = 1234), 'deploy.ownerId'],
  ['an id that is none', (raw) => void Object.assign(raw.deploy!, { ownerId: 'x', repositoryId: 1 }), 'deploy.ownerId'],
  ['an environment with a wildcard', (raw) => void (raw.deploy!.environment = 'prod*'), 'deploy.environment'],
  ['a short commit', (raw) => void (raw.release = { ...exampleRelease('x'), commit: 'abc1234' }), 'release.commit'],
  ['a network too small for its rings', (raw) => void (raw.network!.cidr = '10.0.0.0/24'), 'network.cidr'],
])('refused: %s', async (_what, change, key) => {
  expect(await complaints(change)).toContain(`golive:${key}:`);
});
