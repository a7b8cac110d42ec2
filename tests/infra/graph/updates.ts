import { vi } from 'vitest';
import { recordGraph, type RecordedGraph, type RecordedResource } from '../../../infra/graph/record.ts';
import { stackConfig } from '../../../infra/graph/stacks.ts';
import { deploy } from '../fake/services.ts';
import { startStaging, type Staging } from '../fake/staging.ts';
import { carryOut, type Outcome, type State } from './engine.ts';

export const COMMITS = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string];
export const MOVES = ['web Service', 'worker Service', 'prune Schedule'];

/** A stack in a fake account whose `pulumi up` runs our hooks against it. */
export async function environment() {
  const staging = await startStaging();
  const state: State = new Map();
  let last: ReturnType<Staging['build']> | undefined;
  // The program asks the public address, which leads to the fake load balancer.
  const real = fetch;
  vi.stubGlobal('fetch', (url: string, init?: RequestInit) =>
    real(url.replace(/^https:\/\/golive-staging\.example\.com/, staging.aws.url), init),
  );

  async function graph(commit: string, { sameRevision = false, force = false } = {}): Promise<RecordedGraph> {
    const { images, taskDefinitions } = (last = sameRevision && last ? last : staging.build(commit));
    const revision = Number(taskDefinitions.web.split(':').at(-1));
    const config = await stackConfig('staging', { commit, ...images, force });
    return recordGraph('staging', config, { revision, open: () => staging.session });
  }

  return {
    staging,
    state,
    graph,
    up: async (recording: RecordedGraph) => carryOut(recording, state, (resource) => apply(staging, resource)),
    [Symbol.asyncDispose]: () => staging[Symbol.asyncDispose](),
  };
}

/** CreateService, UpdateService and UpdateSchedule, as Pulumi's AWS provider calls them. */
function apply({ world }: Staging, { type, name, inputs }: RecordedResource): void {
  if (type === 'aws:ecs/service:Service') deploy(world, world.services.get(name)!, inputs.taskDefinition as string);
  if (type !== 'aws:scheduler/schedule:Schedule') return;
  const { ecsParameters } = inputs.target as { ecsParameters: { taskDefinitionArn: string } };
  world.schedules.get(name)!.Target.EcsParameters.TaskDefinitionArn = ecsParameters.taskDefinitionArn;
}

/** Which of the three that serve moved, in order. */
export const moved = ({ touched }: Outcome) => touched.filter((one) => MOVES.includes(one));
/** Verdicts of the manifest, oldest first. */
export const verdicts = ({ world }: Staging) =>
  [...world.objects.entries()]
    .filter(([key]) => key.includes('/releases/'))
    .map(([, text]) => (JSON.parse(text) as { verdict: string }).verdict);
/** Migrate tasks that were ever started. */
export const migrations = ({ world }: Staging) => world.tasks.filter(({ startedBy }) => startedBy === 'golive-migrate');
