import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { EXIT } from '../../../infra/release/ecs/failure.ts';
import { VERBS } from '../../../scripts/ecs/verbs.ts';
import { TASK } from '../fake/scripts.ts';
import { startStaging } from '../fake/staging.ts';
import { addTask, write } from '../fake/tasks.ts';
import { A, B, ecs, released, startProcess } from './command-line.ts';

// A pulumi CLI of this machine knows nothing of the fake account.
beforeAll(() => void vi.stubEnv('PATH', '/nowhere'));
afterAll(() => void vi.unstubAllEnvs());

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
  write(staging.world, 'web/web/0123456789', '{"level":"info","msg":"ready"}');
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
  await ecs(staging, 'run', '--process', 'prune');
  expect(staging.world.tasks.at(-1)).toMatchObject({
    family: 'golive-staging-prune',
    startedBy: 'golive-run',
    command: [],
  });
  expect(await ecs(staging, 'migrate', '--timeout', '1')).toMatchObject({ code: 5 });
  const definition = staging.world.tasks[0]!.taskDefinition;
  addTask(staging.world, { definition, startedBy: 'somebody', script: TASK.hangs() });
  expect(await ecs(staging, 'migrate')).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('by somebody') as string,
  });
  staging.build(A);
  expect(await ecs(staging, 'migrate')).toMatchObject({
    code: 3,
    stderr: 'golive-staging-migrate:3 is of no recorded release: use pulumi up\n',
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

test('usage errors, refusals and AWS errors have separate exit codes and one line of text', async () => {
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
    expect(await ecs(staging, verb, '--help')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(new RegExp(`^npm run ecs -- ${verb} --stack NAME[^]*Exit codes: 0 done`)) as string,
    });
  }
  expect(await ecs(staging, 'rollback', '--help')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/--dry-run +print the plan[^]*Exit codes/) as string,
  });
});

test('what cannot be a number of seconds or a time is a usage error, not a wait without an end', async () => {
  await using staging = await released();
  for (const args of [
    ['wait', '--timeout', 'soon'],
    ['migrate', '--timeout', '-5'],
    ['status', '--poll', '0'],
    ['logs', '--since', 'yesterday'],
    ['logs', '--for', '1h'],
    ['logs', '--process', 'cron'],
    ['run', '--process', 'worker'],
  ])
    expect(await ecs(staging, ...args), args.join(' ')).toMatchObject({ code: 2, stdout: '' });
  expect(staging.world.tasks).toEqual([]);
});

test('--json of every verb is one object that names its ending', async () => {
  await using staging = await released();
  write(staging.world, 'web/web/0123456789', 'ready');
  const needs: Record<string, string[]> = { run: ['--', 'true'], rollback: ['--dry-run'] };
  for (const verb of Object.keys(VERBS)) {
    const { code, stdout } = await ecs(staging, verb, '--json', ...(needs[verb] ?? []));
    const { ending } = JSON.parse(stdout) as { ending: keyof typeof EXIT };
    expect(EXIT[ending], verb).toBe(code);
    expect(code, verb).toBe(0);
  }
  expect(JSON.parse((await ecs(staging, 'run', '--json')).stdout)).toMatchObject({ ending: 'usage' });
});

test('the command line: the answer on stdout, progress on stderr, the ending as the exit code of the process', async () => {
  await using staging = await released();
  staging.world.taskScripts.set('golive-staging-migrate', [TASK.exits(1, ['broken SQL'])]);
  const [status, migrate, wrong] = await Promise.all([
    startProcess(staging, 'status', '--json').ended,
    startProcess(staging, 'migrate').ended,
    startProcess(staging, 'explode').ended,
  ]);
  expect(JSON.parse(status.stdout)).toMatchObject({ ending: 'done', stack: 'staging' });
  expect(migrate).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('| broken SQL') as string });
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
});
