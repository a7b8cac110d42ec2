import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { estimate, MissingPrice, type CostLine, type Prices } from '../../../infra/cost.ts';
import { STACKS } from '../../../infra/graph/stacks.ts';
import { find, recorded } from './recorded.ts';

const file = JSON.parse(await readFile(new URL('../../../infra/prices.json', import.meta.url), 'utf8')) as Prices;
const total = (lines: CostLine[]) => lines.reduce((sum, { usdPerMonth }) => sum + usdPerMonth, 0);

test('the arithmetic, by hand: two tasks of half a vCPU and a gigabyte for 730 hours', async () => {
  const [web] = estimate(await recorded('production'), 'us-east-1', file).filter(({ what }) => what.startsWith('web'));
  expect(web?.usdPerMonth).toBeCloseTo(2 * 730 * (0.5 * 0.04048 + 1 * 0.004445), 6);
});

test('each large knob moves the estimate the way it should', async () => {
  const graph = structuredClone(await recorded('production'));
  const before = estimate(graph, 'us-east-1', file);
  find(graph, 'awsx:ec2:Vpc').inputs.natGateways = { strategy: 'Single' };
  find(graph, 'rds/instance:Instance').inputs.multiAz = false;
  const after = estimate(graph, 'us-east-1', file);
  expect(total(before) - total(after)).toBeCloseTo(2 * 730 * (0.045 + 0.005) + 730 * 0.065 + 50 * 0.115, 6);
});

test.each(STACKS)('%s stays below the budget that alarms', async (stack) => {
  const graph = await recorded(stack);
  const budget = Number(find(graph, 'budgets/budget:Budget').inputs.limitAmount);
  expect(total(estimate(graph, 'eu-central-1', file))).toBeLessThan(budget);
});

test('an unknown price or region is an error that says what to add, not a zero', async () => {
  const graph = structuredClone(await recorded('staging'));
  find(graph, 'rds/instance:Instance').inputs.instanceClass = 'db.r7g.large';
  expect(() => estimate(graph, 'us-east-1', file)).toThrow(/rds-db\.r7g\.large-hour/);
  expect(() => estimate(graph, 'mars-north-1', file)).toThrow(MissingPrice);
});

test('every price names a day, and a place unless it says that it was not looked up', () => {
  for (const [key, { usd, read, on }] of Object.entries(file.prices)) {
    expect(usd, key).toBeGreaterThan(0);
    expect(on, key).toMatch(/^20\d\d(-\d\d(-\d\d)?)?$/);
    if (read !== null) expect(read, key).toMatch(/^https:\/\//);
  }
});
