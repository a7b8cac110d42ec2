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
  /** The setting that changes it most. */
  knob: string;
  /** Whether every price in it was read somewhere. */
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

/** A price that the file does not have: a guess would look like an answer. */
export class MissingPrice extends Error {
  override name = 'MissingPrice';
}

/**
 * What a recorded stack costs in a month at its smallest number of web tasks, dearest first.
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

function itemsOf(resource: RecordedResource, graph: RecordedGraph, assumed: Record<string, number>): Item[] {
  const { type, name, inputs } = resource;
  const about = (quantity: string) => assumed[quantity] ?? 0;
  switch (type) {
    case 'aws:ecs/service:Service':
      return [service(name, inputs, graph), insights(about('insightMetricsPerService'))];
    case 'aws:rds/instance:Instance':
      return database(inputs);
    case 'awsx:ec2:Vpc':
      return nat(inputs, about('natGb'));
    case 'aws:lb/loadBalancer:LoadBalancer':
      return [
        {
          what: 'load balancer',
          knob: '-',
          parts: [
            [HOURS, 'alb-hour'],
            [HOURS * about('loadBalancerUnits'), 'alb-unit-hour'],
            [HOURS * (inputs.subnets as string[]).length, 'ipv4-hour'],
          ],
        },
      ];
    case 'aws:ec2/vpcEndpoint:VpcEndpoint':
      return inputs.vpcEndpointType === 'Interface'
        ? [
            {
              what: 'endpoints',
              knob: 'network.nat',
              parts: [[HOURS * (inputs.subnetIds as string[]).length, 'endpoint-hour']],
            },
          ]
        : [];
    case 'aws:wafv2/webAcl:WebAcl':
      return [
        {
          what: 'firewall for web',
          knob: 'waf',
          parts: [
            [1, 'waf-acl-month'],
            [(inputs.rules as unknown[]).length, 'waf-rule-month'],
            [about('webRequestsMillion'), 'waf-million-requests'],
          ],
        },
      ];
    case 'aws:secretsmanager/secret:Secret':
      return [{ what: 'secrets', knob: '-', parts: [[1, 'secret-month']] }];
    case 'aws:cloudwatch/metricAlarm:MetricAlarm':
      return [{ what: 'alarms', knob: '-', parts: [[1, 'alarm-month']] }];
    case 'aws:cloudwatch/logMetricFilter:LogMetricFilter':
      return [{ what: 'metrics from logs', knob: '-', parts: [[1, 'metric-month']] }];
    case 'aws:cloudwatch/dashboard:Dashboard':
      return [{ what: 'dashboard', knob: '-', parts: [[1, 'dashboard-month']] }];
    case 'aws:ecs/cluster:Cluster':
      return [{ what: 'logs', knob: 'environment.LOG_LEVEL', parts: [[about('logGb'), 'log-gb']] }];
    case 'aws:ecr/repository:Repository':
      return [{ what: 'images', knob: '-', parts: [[about('imageGb'), 'image-gb-month']] }];
    case 'aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration':
      return [{ what: 'archive', knob: 'archive.lockDays', parts: [[about('archiveGb'), 's3-gb-month']] }];
    default:
      return [];
  }
}

function service(name: string, inputs: Record<string, unknown>, graph: RecordedGraph): Item {
  const task = graph.resources.find(
    (one) => one.type.endsWith(':TaskDefinition') && one.name === `${name}-task`,
  )!.inputs;
  const count = inputs.desiredCount as number;
  const [vcpu, gb] = [Number(task.cpu) / GIB, Number(task.memory) / GIB];
  return {
    what: `${name}: ${count} x ${vcpu} vCPU, ${gb} GB`,
    knob: name === 'web' ? 'web.min' : 'worker.count',
    parts: [
      [HOURS * count * vcpu, 'fargate-vcpu-hour'],
      [HOURS * count * gb, 'fargate-gb-hour'],
    ],
  };
}

const insights = (metrics: number): Item => ({
  what: 'container insights',
  knob: '-',
  parts: [[metrics, 'metric-month']],
});

/** A standby is billed like the instance it stands by for, disk included. */
function database(inputs: Record<string, unknown>): Item[] {
  const copies = inputs.multiAz === true ? 2 : 1;
  const kind = inputs.instanceClass as string;
  return [
    {
      what: `database: ${copies} x ${kind}`,
      knob: 'database.instanceClass, .multiAz',
      parts: [[HOURS * copies, `rds-${kind}-hour`]],
    },
    {
      what: 'database storage',
      knob: 'database.storageGb',
      parts: [[copies * (inputs.allocatedStorage as number), 'rds-gp3-gb-month']],
    },
  ];
}

function nat(inputs: Record<string, unknown>, gb: number): Item[] {
  const { strategy } = inputs.natGateways as { strategy: string };
  const gateways = { None: 0, Single: 1 }[strategy] ?? (inputs.numberOfAvailabilityZones as number);
  if (gateways === 0) return [];
  return [
    {
      what: `NAT: ${gateways} x gateway`,
      knob: 'network.nat',
      parts: [
        [HOURS * gateways, 'nat-hour'],
        [HOURS * gateways, 'ipv4-hour'],
        [gb, 'nat-gb'],
      ],
    },
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
