import { expect, test } from 'vitest';
import { ENV_FIELDS } from '../env.ts';
import {
  FORBIDDEN_IN_PRODUCTION,
  PROCESSES,
  PROCESS_TABLE,
  TIMING,
  VARIABLES,
  variablesOf,
  type VariableName,
} from './contract.ts';

test('every variable the product reads is listed by at least one process, and no other is listed', () => {
  expect(Object.keys(VARIABLES).sort()).toEqual(Object.keys(ENV_FIELDS).sort());
  const unused = Object.entries(VARIABLES).filter(([, { needs }]) => Object.keys(needs).length === 0);
  expect(unused.map(([name]) => name)).toEqual([]);
});

test('a variable that lib/env.ts demands is required by some process, and whatever names a credential is secret', () => {
  for (const [name, field] of Object.entries(ENV_FIELDS)) {
    const { needs, secret } = VARIABLES[name as VariableName];
    if (!field.safeParse(undefined).success) expect(Object.values(needs), name).toContain('required');
    if (/SECRET|PASSWORD|PRIVATE|TOKEN|DATABASE_URL|_KEY$/.test(name)) expect(secret, name).toBe(true);
  }
});

test('times nest: keep-alive outlives the balancer, stop outlives the drain, health grace outlives the boot', () => {
  expect(TIMING.keepAlive).toBeGreaterThan(TIMING.loadBalancerIdle);
  expect(TIMING.stop).toBeGreaterThan(TIMING.drain);
  expect(TIMING.healthGrace).toBeGreaterThan(TIMING.boot);
  expect(TIMING.healthTimeout).toBeGreaterThan(TIMING.healthAnswer);
  expect(TIMING.healthInterval).toBeGreaterThan(TIMING.healthTimeout);
  expect(TIMING.deployHealth).toBeGreaterThan(TIMING.healthGrace);
  expect(TIMING.workerWaitsForMigrations).toBeGreaterThanOrEqual(TIMING.migrate);
});

test('only the web process is reachable, and a development switch reaches none', () => {
  expect(PROCESSES.filter((name) => PROCESS_TABLE[name].public)).toEqual(['web']);
  for (const process of PROCESSES)
    for (const name of FORBIDDEN_IN_PRODUCTION) expect(variablesOf(process)).not.toContain(name);
});

test('secret and plain variables of a process are two disjoint halves', () => {
  for (const process of PROCESSES)
    expect([...variablesOf(process, 'secret'), ...variablesOf(process, 'plain')].sort()).toEqual(
      variablesOf(process).sort(),
    );
});
