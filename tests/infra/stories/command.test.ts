import { execFile } from 'node:child_process';
import { expect, test } from 'vitest';
import { VERBS } from '../../../scripts/ecs/verbs.ts';
import { OPERATOR_PERMISSIONS, RELEASE_PERMISSIONS } from '../../../infra/ecs/permissions.ts';
import { TASK } from '../fake/scripts.ts';
import { startStaging, type Staging } from '../fake/staging.ts';
import { addTask } from '../fake/tasks.ts';
import { REGION } from '../fake/world.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** `npm run ecs` as a person runs it: a process of its own, against the fake account, ten seconds passing with every call. */
function ecs({ aws }: Staging, ...args: string[]): Promise<Ended> {
  aws.tick = 10_000;
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'AKIAFAKE',
    AWS_SECRET_ACCESS_KEY: 'fake',
  } as unknown as NodeJS.ProcessEnv;
  const [verb = '', ...rest] = args;
  const all = ['scripts/ecs.ts', verb, '--stack', 'staging', '--poll', '0.001', ...rest];
  return new Promise((resolve) => {
    execFile(process.execPath, all, { env }, (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

async function released(): Promise<Staging> {
  const staging = await startStaging({ running: A, may: { ...RELEASE_PERMISSIONS, ...OPERATOR_PERMISSIONS } });
  const b = staging.build(B);
  await staging.put(b);
  await staging.remember(b);
  return staging;
}

test('rollback: dry run, the real thing, and forward again, each saying what it does', async () => {
  await using staging = await released();
  const dry = await ecs(staging, 'rollback', '--dry-run');
  expect(dry).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(
      /to 2026\w+-aaaaaaa\n {2}web: golive-staging-web:2 -> golive-staging-web:1/,
    ) as string,
  });
  const real = await ecs(staging, 'rollback');
  expect(real).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/rolled back: [^]*pulumi up --stack staging --refresh/) as string,
  });
  const forward = await ecs(staging, 'rollback', '--to', B, '--json');
  expect(JSON.parse(forward.stdout)).toMatchObject({ ending: 'done', release: { commit: B, kind: 'rollback' } });
  const { stdout } = await ecs(staging, 'releases');
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/)[1]),
  ).toEqual(['kind', 'rollback', 'rollback', 'deploy', 'deploy']);
});

test('status, verify, diff, drift, wait and logs answer for a stack at rest', async () => {
  await using staging = await released();
  staging.world.logs.set('web/web/0123456789', ['{"level":"info","msg":"ready"}']);
  const [status, verify, diff, drift, wait, logs] = await Promise.all([
    ecs(staging, 'status'),
    ecs(staging, 'verify'),
    ecs(staging, 'diff', '--to', A),
    ecs(staging, 'drift'),
    ecs(staging, 'wait'),
    ecs(staging, 'logs', '--since', '1h', '--filter', '"ready"'),
  ]);
  expect(status).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/release +2026\w+-bbbbbbb[^]*PRIMARY +golive-staging-web:2/) as string,
  });
  expect(verify).toMatchObject({ code: 0, stdout: expect.stringMatching(/0 failed, 0 skipped\n$/) as string });
  expect(diff).toMatchObject({
    code: 4,
    stdout: expect.stringMatching(/web containerDefinitions.web.image\n {2}- .*\n {2}\+ /) as string,
  });
  expect(drift).toMatchObject({ code: 0, stdout: expect.stringMatching(/state: skipped[^]*no drift/) as string });
  expect(wait.code).toBe(0);
  expect(logs).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/01234567 \{"level":"info","msg":"ready"\}\n$/) as string,
  });
});

test('migrate and run: a failure is exit code 1 with the log, a second migrator 3, the time limit 5', async () => {
  await using staging = await released();
  expect((await ecs(staging, 'migrate')).code).toBe(0);
  staging.world.taskScripts.set('golive-staging-migrate', [
    TASK.exits(1, ['broken SQL']),
    TASK.exits(0, ['all applied']),
    TASK.hangs(),
  ]);
  expect(await ecs(staging, 'migrate')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('| broken SQL') as string,
  });
  const run = await ecs(staging, 'run', '--', 'npm', 'run', 'db:status');
  expect(run).toMatchObject({ code: 0, stderr: expect.stringContaining('| all applied') as string });
  expect(staging.world.tasks.at(-1)?.command).toEqual(['npm', 'run', 'db:status']);
  expect(await ecs(staging, 'migrate', '--timeout', '1')).toMatchObject({ code: 5 });
  const { taskDefinitions } = staging.build(A);
  addTask(staging.world, { definition: taskDefinitions.migrate, startedBy: 'somebody', script: TASK.hangs() });
  expect(await ecs(staging, 'migrate')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('by somebody') as string,
  });
});

test('a rollback without its audit event is exit code 6, and the command it names makes up for it', async () => {
  await using staging = await released();
  staging.world.taskScripts.set('golive-staging-migrate', [TASK.exits(1), TASK.exits(0)]);
  const { code, stderr } = await ecs(staging, 'rollback');
  expect(code).toBe(6);
  const id = /releases --audit (\S+)/.exec(stderr)?.[1] ?? '';
  expect(await ecs(staging, 'releases', '--audit', id)).toMatchObject({
    code: 0,
    stdout: `${id} is in the audit log\n`,
  });
});

test('usage, refusal and AWS saying no are told apart by exit code, in one clear line', async () => {
  await using staging = await startStaging({ running: A });
  expect(await ecs(staging, 'explode')).toMatchObject({ code: 2 });
  expect(await ecs(staging, 'status', '--colour')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--colour') as string,
  });
  expect(await ecs(staging, 'rollback')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('first release') as string,
  });
  expect(await ecs(staging, 'run')).toMatchObject({ code: 2, stderr: 'no command: write it after --\n' });
  staging.aws.fail('GetObject', 'denied', 1);
  expect(await ecs(staging, 'status')).toMatchObject({
    code: 7,
    stderr: expect.stringMatching(/^AWS: AccessDenied.*\n$/) as string,
  });
  staging.world.objects.clear();
  expect(await ecs(staging, 'status')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('environment.json') as string,
  });
});

test('every verb explains itself, and the overview names every verb', async () => {
  await using staging = await startStaging();
  const { stdout } = await ecs(staging, '--help');
  for (const [verb, { summary, load }] of Object.entries(VERBS)) {
    expect(stdout).toMatch(new RegExp(`^ {2}${verb} +${summary.replace('?', '\\?')}$`, 'm'));
    const { usage, options = {} } = await load();
    for (const option of Object.keys(options)) expect(usage, verb).toContain(`--${option}`);
  }
  expect(await ecs(staging, 'rollback', '--help')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/--dry-run +print the plan[^]*Exit codes/) as string,
  });
});
