import { expect, test, vi } from 'vitest';
import { followLogs } from '../../../infra/release/inspect/logs.ts';
import { write } from '../fake/tasks.ts';
import { released, startProcess } from './command-line.ts';

test('logs --follow shows each line once, including late ones, and ends', async () => {
  await using staging = await released();
  const { world, session, stack } = staging;
  write(world, 'web/web/0123456789', 'before');
  const began = world.clock.now();
  const seen: string[] = [];
  staging.aws.fail('FilterLogEvents', 'unreachable', 10);
  await followLogs(session, {
    group: stack.logGroups.web,
    since: began - 60_000,
    until: began + 300_000,
    signal: new AbortController().signal,
    each: ({ message }) => {
      seen.push(message);
      if (message === 'before') write(world, 'web/web/0123456789', 'after');
      if (message === 'after') write(world, 'web/web/fedcba9876', 'late', world.clock.now() - 30_000);
    },
  });
  expect(seen).toEqual(['before', 'after', 'late']);
  expect(staging.said.join('\n')).toMatch(/does not answer/);
  expect(world.clock.now()).toBeGreaterThanOrEqual(began + 300_000);
});

test('logs --follow runs until Ctrl-C', async () => {
  await using staging = await released();
  const line = (message: string) => write(staging.world, 'worker/worker/0123456789', message, Date.now());
  line('first');
  const { child, out, ended } = startProcess(staging, 'logs', '--process', 'worker', '--follow', '--for', '5m');
  await vi.waitFor(() => expect(out.stdout).toContain('first'), 20_000);
  line('second');
  await vi.waitFor(() => expect(out.stdout).toContain('second'), 20_000);
  child.kill('SIGINT');
  expect(await ended).toEqual({ code: 0, stdout: expect.stringMatching(/first\n.*second\n$/) as string, stderr: '' });
});
