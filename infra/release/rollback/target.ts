import { EcsFailure } from '../ecs/failure.ts';
import type { Live } from '../ecs/live.ts';
import { currentRelease } from '../manifest/manifest.ts';
import type { Release } from '../manifest/release.ts';

interface RollbackInput {
  /** Newest first. */
  releases: Release[];
  live: Live;
  /** True while a deployment of web or worker is in progress. */
  inProgress: boolean;
  /** Id or commit, in full or its beginning. */
  wanted?: string | undefined;
}

/**
 * The rollback target: the named release; the last successful one if a deployment is in progress or incomplete; otherwise the one before
 * the running release. Never "revision minus one", which may be a failed release.
 * @throws EcsFailure `refused` when there is none, or more than one by that name.
 */
export function rollbackTarget({ releases, live, inProgress, wanted }: RollbackInput): Release {
  if (wanted !== undefined) return findRelease(releases, wanted);
  const current = currentRelease(releases);
  if (!current)
    throw new EcsFailure('refused', 'no release of the manifest ever succeeded: there is nothing to return to');
  if (inProgress || !isRunning(current, live)) {
    if (isRunning(current, live)) throw alreadyRunning(current);
    return current;
  }
  if (releases[0] !== current) throw alreadyRunning(current);
  const before = releases.find(
    (one) => one.kind === 'deploy' && one.verdict === 'succeeded' && one.id < originOf(current),
  );
  if (before) return before;
  throw new EcsFailure('refused', `${current.id} is the first release of the manifest: there is nothing before it`);
}

/** True if web, worker and prune all run this release. */
const isRunning = ({ taskDefinitions }: Release, live: Live) =>
  taskDefinitions.web === live.web && taskDefinitions.worker === live.worker && taskDefinitions.prune === live.prune;

/** A rollback counts as the release whose task definitions it restored. */
const originOf = ({ id, of }: Release) => of ?? id;

function findRelease(releases: Release[], wanted: string): Release {
  const found = releases.filter(({ id, commit }) => id.startsWith(wanted) || commit.startsWith(wanted));
  const deployed = found.filter(({ kind }) => kind === 'deploy');
  const [first] = deployed.length > 0 ? deployed : found;
  if (!first)
    throw new EcsFailure('refused', `no release ${wanted} in the manifest: npm run ecs -- releases lists them`);
  const commits = new Set(found.map(({ commit }) => commit));
  if (commits.size > 1)
    throw new EcsFailure('refused', `${wanted} names ${commits.size} releases: give more of its id`);
  return first;
}

const alreadyRunning = ({ id }: Release) =>
  new EcsFailure(
    'refused',
    `everything already runs ${id}, the last release that succeeded: a later one never took its place. Name another with --to`,
  );
