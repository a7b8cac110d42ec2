import { expect, test } from 'vitest';
import { processTable } from '../../../../tests/support/process/process-table.ts';
import { runStep } from './run-step.ts';
import type { Step } from './steps.ts';

const never = new AbortController().signal;

/** A step that ends well, and leaves behind what the script starts. */
const node = (script: string): Step => ({ name: 'planted', group: 'code', command: ['node', '-e', script] });

test('a step whose processes all end has passed', async () => {
  expect(await runStep(node(''), never)).toMatchObject({ passed: 1, failed: 0 });
});

for (const [how, listener] of [
  ['ends well when it is told to', 'process.exit(0)'],
  ['does not listen', ''],
] as const)
  test(`a step that outlives its limit has failed, also one that ${how}`, async () => {
    const hung = node(`process.on('SIGTERM', () => { ${listener} }); setInterval(() => {}, 1000)`);
    const outcome = await runStep({ ...hung, limit: 1 / 60 }, never, 500);
    expect(outcome).toMatchObject({ passed: 0, failed: 1 });
    expect(outcome.output).toContain('ended: it took longer than');
  });

test('a process that a step leaves behind fails it, is named and is killed, also one that moved to a session of its own', async () => {
  // Identified by their sleep duration.
  const [child, stray] = [`${process.pid}.125`, `${process.pid}.375`];
  const outcome = await runStep(
    node(`const { spawn } = require('node:child_process');
      for (const [time, detached] of [['${child}', false], ['${stray}', true]])
        spawn('sleep', [time], { detached, stdio: 'ignore' }).unref();`),
    never,
    500,
  );
  expect(outcome.failed).toBe(2);
  for (const time of [child, stray])
    expect(outcome.output).toContain(`still running at the end, now killed: sleep ${time}`);
  await expect
    .poll(async () => (await processTable()).filter(({ command }) => command.startsWith(`sleep ${process.pid}.`)))
    .toEqual([]);
});
