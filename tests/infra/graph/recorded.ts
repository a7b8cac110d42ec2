import { recordGraph, type Mode, type RecordedGraph, type RecordedResource } from '../../../infra/graph/record.ts';
import { STACKS, stackConfig, type StackName } from '../../../infra/graph/stacks.ts';

const recordings = new Map<string, Promise<RecordedGraph>>();
let last: Promise<unknown> = Promise.resolve();

/** A stack as committed, with an example release. Recorded once for all test files and frozen: who changes it clones it first. */
export function recorded(stack: StackName, mode: Mode = 'update'): Promise<RecordedGraph> {
  const key = `${stack} ${mode}`;
  // Pulumi's runtime is a global: one recording after the other.
  const recording =
    recordings.get(key) ?? last.then(async () => frozen(await recordGraph(stack, await stackConfig(stack), { mode })));
  recordings.set(key, recording);
  last = recording;
  return recording;
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value))
    Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}

/** Every combination that a guarantee must hold for. */
export const EVERYWHERE = STACKS.flatMap((stack) => [
  { stack, mode: 'preview' as const },
  { stack, mode: 'update' as const },
]);

/** The one resource of a type with this name. */
export function find(graph: RecordedGraph, type: string, name?: string): RecordedResource {
  const found = all(graph, type).filter((one) => name === undefined || one.name === name);
  if (found.length !== 1) throw new Error(`${found.length} resources of ${type} ${name ?? ''}`);
  return found[0]!;
}

/** Resources of a type, by the end of its name: `Service` or `ecs/service:Service`. */
export const all = (graph: RecordedGraph, type: string) =>
  graph.resources.filter((one) => one.type === `aws:${type}` || one.type === type);

export interface Container {
  name: string;
  image: string;
  command: string[];
  stopTimeout: number;
  portMappings: { containerPort: number }[];
  environment: { name: string; value: string }[];
  secrets: { name: string; valueFrom: string }[];
  healthCheck?: { command: string[]; startPeriod: number };
  logConfiguration: { options: Record<string, string> };
}

/** The container of one process. */
export function container(graph: RecordedGraph, process: string): Container {
  const { inputs } = find(graph, 'ecs/taskDefinition:TaskDefinition', `${process}-task`);
  return (JSON.parse(inputs.containerDefinitions as string) as Container[])[0]!;
}
