import type { TaskDefinition } from '@aws-sdk/client-ecs';
import type { Stack } from '../ecs/environment.ts';
import { EcsFailure } from '../ecs/failure.ts';
import { readLive } from '../ecs/live.ts';
import { readReleases } from '../manifest/manifest.ts';
import type { Session } from '../ecs/session.ts';
import { describeTaskDefinition } from '../ecs/describe.ts';

export interface Difference {
  process: string;
  /** Path of the field; list items by name. */
  field: string;
  from: string | undefined;
  to: string | undefined;
}

const RUNNING = ['web', 'worker', 'prune'] as const;
/** Fields that ECS sets on every revision. */
const IGNORED_FIELDS = new Set([
  'taskDefinitionArn',
  'revision',
  'status',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'requiresAttributes',
  'compatibilities',
]);

/**
 * What would change: from what runs now to a release of the manifest, or to the newest registered task definitions.
 * @param to id or commit of a release, or its beginning.
 */
export async function diffStack(session: Session, stack: Stack, to?: string): Promise<Difference[]> {
  const live = await readLive(session, stack);
  const release = to === undefined ? undefined : await findRelease(session, stack, to);
  const groups = await Promise.all(
    RUNNING.map(async (process) => {
      const [before, after] = await Promise.all([
        describeTaskDefinition(session, live[process]),
        describeTaskDefinition(session, release?.taskDefinitions[process] ?? stack.families[process]),
      ]);
      return differences(before, after).map((one) => ({ process, ...one }));
    }),
  );
  return groups.flat();
}

async function findRelease(session: Session, stack: Stack, wanted: string) {
  const releases = await readReleases(session, stack.bucket);
  const found = releases.find(({ id, commit }) => id.startsWith(wanted) || commit.startsWith(wanted));
  if (found) return found;
  throw new EcsFailure('usage', `no release ${wanted} in the manifest: npm run ecs -- releases lists them`);
}

/** Field by field, in order of their names. */
function differences(from: TaskDefinition, to: TaskDefinition): Omit<Difference, 'process'>[] {
  const [before, after] = [flatten(from), flatten(to)];
  const fields = [...new Set([...before.keys(), ...after.keys()])].sort();
  return fields
    .map((field) => ({ field, from: before.get(field), to: after.get(field) }))
    .filter((one) => one.from !== one.to);
}

function flatten(value: object, path = '', into = new Map<string, string>()): Map<string, string> {
  for (const [key, one] of Object.entries(value) as [string, unknown][]) {
    if (path === '' && IGNORED_FIELDS.has(key)) continue;
    const own = (one as { name?: unknown } | null)?.name;
    const label = Array.isArray(value) ? (typeof own === 'string' ? own : key) : key;
    const here = path === '' ? label : `${path}.${label}`;
    if (typeof one === 'object' && one !== null) flatten(one, here, into);
    else if (one !== undefined && !(key === 'name' && path !== ''))
      into.set(here, typeof one === 'string' ? one : JSON.stringify(one));
  }
  return into;
}
