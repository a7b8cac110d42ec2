import { expect, test } from 'vitest';
import { connectionsNeeded, fitsFargate } from './sizing.ts';
import { schedulerCron } from './prune.ts';

test.each([
  [256, 512, true],
  [256, 1536, false],
  [256, 2048, true],
  [256, 4096, false],
  [512, 1024, true],
  [512, 1536, false],
  [4096, 30720, true],
  [16384, 40960, true],
  [300, 512, false],
])('%i CPU units with %i MiB: %s', (cpu, memory, fits) => {
  expect(fitsFargate(cpu, memory)).toBe(fits);
});

test('the connections of old and new tasks during a rollout leave some for operators', () => {
  expect(connectionsNeeded({ web: { max: 6, poolMax: 5 }, worker: { count: 2, poolMax: 8 } })).toBe(2 * (30 + 16) + 15);
});

test('five fields of cron become EventBridge’s six, and what it cannot express is refused', () => {
  expect(schedulerCron('0 3 * * *')).toBe('cron(0 3 * * ? *)');
  expect(schedulerCron('30 4 * * 1')).toBe('cron(30 4 ? * 1 *)');
  expect(() => schedulerCron('0 3 1 * 1')).toThrow(/cannot express/);
});
