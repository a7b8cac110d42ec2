import type { RecordedGraph, RecordedResource } from './record.ts';

const WIDTH = 110;

/**
 * The resource tree: one line each with the options that matter.
 * @param inputs also print what each resource is made of; long values break over lines, JSON texts are shown as what they hold.
 */
export function graphText(graph: RecordedGraph, { inputs = false } = {}): string {
  const children = Map.groupBy(graph.resources, ({ parent }) => parent);
  const lines: string[] = [];
  const visit = (parent: string, depth: number) => {
    for (const resource of (children.get(parent) ?? []).toSorted(byName)) {
      const indent = '  '.repeat(depth);
      lines.push(`${indent}${resource.name}  ${shortType(resource.type)}${options(resource)}`);
      if (inputs && resource.custom) lines.push(...properties(resource, `${indent}    `));
      visit(resource.urn, depth + 1);
    }
  };
  visit('', 0);
  return `${lines.join('\n')}\n`;
}

const byName = (a: RecordedResource, b: RecordedResource) => (`${a.name} ${a.type}` < `${b.name} ${b.type}` ? -1 : 1);

/** Shortens `aws:ecs/service:Service` to `aws.ecs.Service`. */
const shortType = (type: string) => type.replace(/^(\w+):(\w+)\/\w+:(\w+)$/, '$1.$2.$3').replaceAll(':', '.');

function options({ protect, retainOnDelete, ignoreChanges, timeouts, hooks }: RecordedResource): string {
  const words = [
    protect && 'protect',
    retainOnDelete && 'retain',
    ignoreChanges.length > 0 && `ignore ${ignoreChanges.join(',')}`,
    Object.keys(timeouts).length > 0 &&
      Object.entries(timeouts)
        .map(([step, time]) => `${step} within ${time}`)
        .join(', '),
    ...Object.entries(hooks).map(([step, names]) => `${step} ${names.join(',')}`),
  ].filter(Boolean);
  return words.length === 0 ? '' : `  [${words.join('; ')}]`;
}

function properties(resource: RecordedResource, indent: string): string[] {
  const lines = Object.entries(resource.inputs)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, value]) =>
      resource.secretPaths.includes(key) ? [`${indent}${key}: <secret>`] : property(`${key}: `, value, indent),
    );
  const waitsFor = resource.dependencies.map((urn) => urn.split('::').slice(-2).join(' ').replace(/^.*\$/, ''));
  const named = waitsFor.map((text) => text.replace(/^\S*[:/](\S+) (.*)$/, '$1 $2'));
  return named.length === 0 ? lines : [...lines, ...property('waits for: ', named.toSorted(), indent)];
}

function property(label: string, raw: unknown, indent: string): string[] {
  const value = parsed(raw);
  const flat = `${indent}${label}${flow(value)}`;
  if (flat.length <= WIDTH || typeof value !== 'object' || value === null) return [flat];
  const inner = `${indent}  `;
  const entries = Array.isArray(value)
    ? value.flatMap((item) => property('- ', item, inner))
    : Object.entries(value).flatMap(([key, item]) => property(`${key}: `, item, inner));
  return [`${indent}${label.trimEnd()}`, ...entries];
}

function parsed(value: unknown): unknown {
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function flow(raw: unknown): string {
  const value = parsed(raw);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{ ${Object.entries(value)
      .map(([key, item]) => `${key}: ${flow(item)}`)
      .join(', ')} }`;
  return typeof value === 'string' ? value.replace(/(.)\1{15,}/g, '$1…').replaceAll('\n', ' ') : String(value);
}
