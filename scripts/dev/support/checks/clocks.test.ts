import { expect, test } from 'vitest';
import { CLOCKS, clockName, clockStep, drift, missingLocales } from './clocks.ts';

const [clock] = CLOCKS;

test('an unshifted clock is detected, so that an unchecked run does not count as passed', () => {
  if (clock === undefined) throw new Error('the test is wrong');
  expect(drift(clock, '/nowhere/libfaketime.so')).toBeGreaterThan(24 * 60 * 60);
});

test('the clocks have names of their own, and two dates and one zone are the short form', () => {
  expect(new Set(CLOCKS.map(clockName)).size).toBe(CLOCKS.length);
  const short = CLOCKS.filter((one) => one.short);
  expect(new Set(short.map(({ at }) => at)).size).toBe(2);
  expect(short.filter(({ zone }) => zone !== undefined)).toHaveLength(1);
});

test('a run under a clock is one of every suite that knows of dates, with true timers', () => {
  if (clock === undefined) throw new Error('the test is wrong');
  const { command, env } = clockStep(clock, '/lib/faketime.so');
  for (const project of ['unit', 'infra', 'integration']) expect(command).toContain(project);
  expect(env).toMatchObject({ START: String(Date.parse(clock.at) / 1000), FAKETIME_DONT_FAKE_MONOTONIC: '1' });
});

test('a language that the host cannot speak is named', () => {
  expect(missingLocales([{ at: '2027-01-01T00:00:00Z', locale: 'xx_XX.UTF-8' }])).toEqual(['xx_XX.UTF-8']);
  expect(missingLocales([{ at: '2027-01-01T00:00:00Z', locale: 'C' }])).toEqual([]);
});
