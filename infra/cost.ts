import type { RecordedGraph, RecordedResource } from './graph/record.ts';

/** The dated price file, infra/prices.json. */
export interface Prices {
  region: string;
  factors: Record<string, { factor: number; basis: string }>;
  assumptions: Record<string, number>;
  prices: Record<string, { usd: number; read: string | null; on: string }>;
}

export interface CostLine {
  what: string;
  usdPerMonth: number;
  /** The setting with the largest effect on it. */
  knob: string;
  /** True if every price of the item comes from a source. */
  read: boolean;
}

type Part = [quantity: number, price: string];
interface Item {
  what: string;
  knob: string;
  parts: Part[];
}

/** As AWS counts: 8760 hours a year over twelve months. */
const HOURS = 730;
const GIB = 1024;

/** Thrown for a price missing from the file. */
export class MissingPrice extends Error {
  override name = 'MissingPrice';
}

/**
 * Monthly cost of a recorded stack at the minimum number of web tasks, most expensive item first.
 * @param region the stack's; prices are carried over with the factor of the file.
 * @throws MissingPrice naming the key to add.
 */
export function estimate(graph: RecordedGraph, region: string, file: Prices): CostLine[] {
  const factor = file.factors[region]?.factor;
  if (factor === undefined) throw new MissingPrice(`infra/prices.json has no factor for region ${region}`);
  const lines = graph.resources
    .flatMap((resource) => itemsOf(resource, graph, file.assumptions))
    .map((item) => {
      const prices = item.parts.map(([quantity, key]) => ({ quantity, ...priceOf(key, file) }));
      const usd = prices.reduce((sum, { quantity, usd }) => sum + quantity * usd, 0);
      return {
        what: item.what,
        knob: item.knob,
        usdPerMonth: usd * factor,
        read: prices.every(({ read }) => read !== null),
      };
    });
  return merged(lines).sort((a, b) => b.usdPerMonth - a.usdPerMonth);
}

function priceOf(key: string, file: Prices) {
  const price = file.prices[key];
  if (!price)
    throw new MissingPrice(`infra/prices.json has no price "${key}": look it up and add it with source and date`);
  return price;
}

interface Billed {
  name: string;
  inputs: Record<string, unknown>;
  graph: RecordedGraph;
  /** An assumption of the price file by name; 0 if absent. */
  about: (quantity: string) => number;
}

const item = (what: string, knob: string, ...parts: Part[]): Item => ({ what, knob, parts });

/** Billing of each resource type. Types that are not listed cost nothing themselves. */
const BILLED: Record<string, (resource: Billed) => Item[]> = {
  'aws:ecs/service:Service': ({ name, inputs, graph, about }) => [
    service(name, inputs, graph),
    item('container insights', '-', [about('insightMetricsPerService'), 'metric-month']),
  ],
  'aws:rds/instance:Instance': ({ inputs }) => database(inputs),
  'awsx:ec2:Vpc': ({ inputs, about }) => nat(inputs, about('natGb')),
  'aws:lb/loadBalancer:LoadBalancer': ({ inputs, about }) => [
    item(
      'load balancer',
      '-',
      [HOURS, 'alb-hour'],
      [HOURS * about('loadBalancerUnits'), 'alb-unit-hour'],
      [HOURS * (inputs.subnets as string[]).length, 'ipv4-hour'],
    ),
  ],
  'aws:ec2/vpcEndpoint:VpcEndpoint': ({ inputs }) =>
    inputs.vpcEndpointType === 'Interface'
      ? [item('endpoints', 'network.nat', [HOURS * (inputs.subnetIds as string[]).length, 'endpoint-hour'])]
      : [],
  'aws:wafv2/webAcl:WebAcl': ({ inputs, about }) => [
    item(
      'firewall for web',
      'waf',
      [1, 'waf-acl-month'],
      [(inputs.rules as unknown[]).length, 'waf-rule-month'],
      [about('webRequestsMillion'), 'waf-million-requests'],
    ),
  ],
  'aws:secretsmanager/secret:Secret': () => [item('secrets', '-', [1, 'secret-month'])],
  'aws:cloudwatch/metricAlarm:MetricAlarm': () => [item('alarms', '-', [1, 'alarm-month'])],
  'aws:cloudwatch/logMetricFilter:LogMetricFilter': () => [item('metrics from logs', '-', [1, 'metric-month'])],
  'aws:cloudwatch/dashboard:Dashboard': () => [item('dashboard', '-', [1, 'dashboard-month'])],
  'aws:ecs/cluster:Cluster': ({ about }) => [item('logs', 'environment.LOG_LEVEL', [about('logGb'), 'log-gb'])],
  'aws:ecr/repository:Repository': ({ about }) => [item('images', '-', [about('imageGb'), 'image-gb-month'])],
  'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration': ({ about }) => [
    item('archive', 'archive.lockDays', [about('archiveGb'), 's3-gb-month']),
  ],
};

function itemsOf(
  { type, name, inputs }: RecordedResource,
  graph: RecordedGraph,
  assumed: Record<string, number>,
): Item[] {
  return BILLED[type]?.({ name, inputs, graph, about: (quantity) => assumed[quantity] ?? 0 }) ?? [];
}

function service(name: string, inputs: Record<string, unknown>, graph: RecordedGraph): Item {
  const task = graph.resources.find(
    (one) => one.type.endsWith(':TaskDefinition') && one.name === `${name}-task`,
  )!.inputs;
  const count = inputs.desiredCount as number;
  const [vcpu, gb] = [Number(task.cpu) / GIB, Number(task.memory) / GIB];
  return item(
    `${name}: ${count} x ${vcpu} vCPU, ${gb} GB`,
    name === 'web' ? 'web.min' : 'worker.count',
    [HOURS * count * vcpu, 'fargate-vcpu-hour'],
    [HOURS * count * gb, 'fargate-gb-hour'],
  );
}

/** A standby is billed like its primary instance, storage included. */
function database(inputs: Record<string, unknown>): Item[] {
  const copies = inputs.multiAz === true ? 2 : 1;
  const kind = inputs.instanceClass as string;
  return [
    item(`database: ${copies} x ${kind}`, 'database.instanceClass, .multiAz', [HOURS * copies, `rds-${kind}-hour`]),
    item('database storage', 'database.storageGb', [copies * (inputs.allocatedStorage as number), 'rds-gp3-gb-month']),
  ];
}

function nat(inputs: Record<string, unknown>, gb: number): Item[] {
  const { strategy } = inputs.natGateways as { strategy: string };
  const gateways = { None: 0, Single: 1 }[strategy] ?? (inputs.numberOfAvailabilityZones as number);
  if (gateways === 0) return [];
  return [
    item(
      `NAT: ${gateways} x gateway`,
      'network.nat',
      [HOURS * gateways, 'nat-hour'],
      [HOURS * gateways, 'ipv4-hour'],
      [gb, 'nat-gb'],
    ),
  ];
}

function merged(lines: CostLine[]): CostLine[] {
  const byWhat = new Map<string, CostLine>();
  for (const line of lines) {
    const known = byWhat.get(line.what);
    byWhat.set(line.what, known ? { ...known, usdPerMonth: known.usdPerMonth + line.usdPerMonth } : line);
  }
  return [...byWhat.values()];
}
