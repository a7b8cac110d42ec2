import { describe, expect, test } from 'vitest';
import {
  DEFAULT_PORT,
  FORBIDDEN_IN_PRODUCTION,
  HEALTH_PATH,
  PROCESSES,
  PROCESS_TABLE,
  PRUNE_SCHEDULE,
  TIMING,
  VARIABLES,
  WORKER_CHECK_PATH,
  variablesOf,
} from '#lib/release/contract.ts';
import { schedulerCron } from '../../../infra/compute/prune.ts';
import { exampleRelease, STACKS } from '../../../infra/graph/stacks.ts';
import { container, find, recorded } from './recorded.ts';

describe.each(STACKS)('%s keeps the release contract', (stack) => {
  test.each(PROCESSES)('%s runs its command from its image, both from one release', async (process) => {
    const { image, command, name } = container(await recorded(stack), process);
    expect(name).toBe(process);
    expect(command).toEqual(PROCESS_TABLE[process].image.command);
    expect(image).toBe(exampleRelease(stack)[PROCESS_TABLE[process].image.target]);
  });

  test.each(PROCESSES)(
    '%s gets every variable it requires, each on its own side of the secret line, and no other',
    async (process) => {
      const { environment, secrets } = container(await recorded(stack), process);
      const [plain, secret] = [environment, secrets].map((list) => list.map(({ name }) => name)) as [
        string[],
        string[],
      ];
      expect(variablesOf(process, 'plain')).toEqual(expect.arrayContaining(plain));
      expect(variablesOf(process, 'secret')).toEqual(expect.arrayContaining(secret));
      const required = variablesOf(process).filter((name) => VARIABLES[name].needs[process] === 'required');
      expect([...plain, ...secret]).toEqual(expect.arrayContaining(required));
      for (const name of FORBIDDEN_IN_PRODUCTION) expect([...plain, ...secret]).not.toContain(name);
    },
  );

  test('the health check, the port and the time limits are the contract’s', async () => {
    const graph = await recorded(stack);
    const targets = find(graph, 'lb/targetGroup:TargetGroup').inputs;
    expect(targets).toMatchObject({
      port: DEFAULT_PORT,
      deregistrationDelay: TIMING.drain,
      healthCheck: { path: HEALTH_PATH, interval: TIMING.healthInterval, timeout: TIMING.healthTimeout },
    });
    const web = container(graph, 'web');
    expect(web.portMappings).toEqual([{ containerPort: DEFAULT_PORT, protocol: 'tcp' }]);
    expect(container(graph, 'worker').portMappings).toEqual([]);
    for (const process of PROCESSES) expect(container(graph, process).stopTimeout).toBe(TIMING.stop);
    expect(find(graph, 'lb/loadBalancer:LoadBalancer').inputs.idleTimeout).toBe(TIMING.loadBalancerIdle);
    expect(find(graph, 'ecs/service:Service', 'web').inputs.healthCheckGracePeriodSeconds).toBe(TIMING.healthGrace);
  });

  test('only the worker has a container health check, for readiness and progress', async () => {
    const graph = await recorded(stack);
    const { healthCheck, environment } = container(graph, 'worker');
    const port = environment.find(({ name }) => name === 'WORKER_PORT')?.value;
    expect(healthCheck?.command.join(' ')).toContain(`http://127.0.0.1:${port}${WORKER_CHECK_PATH}'`);
    // What ECS takes at most; a boot fits in many times over.
    expect(healthCheck?.startPeriod).toBe(300);
    for (const other of ['web', 'migrate', 'prune']) expect(container(graph, other).healthCheck).toBeUndefined();
  });

  test('the prune runs by the contract’s schedule, in UTC, once', async () => {
    const { inputs } = find(await recorded(stack), 'scheduler/schedule:Schedule');
    expect(inputs).toMatchObject({
      scheduleExpression: schedulerCron(PRUNE_SCHEDULE),
      scheduleExpressionTimezone: 'UTC',
    });
    expect(inputs.target).toMatchObject({ ecsParameters: { taskCount: 1 } });
  });

  test('web, worker and migrations have separate database users', async () => {
    const graph = await recorded(stack);
    const url = (process: string, variable: string) =>
      container(graph, process).secrets.find(({ name }) => name === variable)?.valueFrom;
    const users = [url('web', 'DATABASE_URL'), url('worker', 'DATABASE_URL'), url('migrate', 'MIGRATE_DATABASE_URL')];
    expect(new Set(users).size).toBe(3);
    expect(url('web', 'MIGRATE_DATABASE_URL')).toBeUndefined();
    expect(url('worker', 'MIGRATE_DATABASE_URL')).toBeUndefined();
  });
});
