import type { Stack } from '../ecs/environment.ts';
import { readLive, type Live } from '../ecs/live.ts';
import { readState } from './pulumi-state.ts';
import { reconcileCommand } from './reconcile.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import { incompatibleMigrations } from '../migrate/migrations.ts';
import { appliedMigrations, type Release } from '../manifest/release.ts';
import type { Session } from '../ecs/session.ts';

/** The image of a process in three places; undefined where it could not be read. */
interface DriftRow {
  process: keyof Live;
  state: string | undefined;
  live: string;
  manifest: string | undefined;
}

export interface Drift {
  rows: DriftRow[];
  agree: boolean;
  /** Whether Pulumi's state could be read. */
  stateRead: boolean;
  /** The drift in one sentence and the command that repairs it. */
  remedy: { why: string; command: string } | undefined;
}

const PROCESSES = ['web', 'worker', 'prune'] as const;

/** Compares Pulumi's state, the running tasks and the manifest. */
export async function readDrift(session: Session, stack: Stack, stateFile?: string): Promise<Drift> {
  const names = { web: stack.services.web, worker: stack.services.worker, prune: stack.schedule.name };
  const [live, releases, state] = await Promise.all([
    readLive(session, stack),
    readReleases(session, stack.bucket),
    readState(stack.stack, names, stateFile),
  ]);
  return assessDrift({ stack: stack.stack, live, state, releases });
}

interface DriftInput {
  stack: string;
  live: Live;
  state: Live | undefined;
  /** Newest first. */
  releases: Release[];
}

/** The manifest is the desired state, AWS the actual state, and Pulumi's state the base of the next `pulumi up`. */
function assessDrift({ stack, live, state, releases }: DriftInput): Drift {
  const current = currentRelease(releases);
  const rows = PROCESSES.map((process) => ({
    process,
    state: state?.[process],
    live: live[process],
    manifest: current?.taskDefinitions[process],
  }));
  const liveIsManifest = rows.every((row) => row.live === row.manifest);
  const stateIsLive = state === undefined || rows.every((row) => row.state === row.live);
  const remedy = remedyOf();
  return { rows, agree: remedy === undefined, stateRead: state !== undefined, remedy };

  function remedyOf(): Drift['remedy'] {
    if (liveIsManifest && stateIsLive) return undefined;
    if (!current) return { why: 'nothing was ever recorded', command: `pulumi up --stack ${stack} --refresh` };
    const incompatible = incompatibleMigrations(current.migrations, appliedMigrations(releases)).length > 0;
    const command = reconcileCommand(stack, current, incompatible);
    if (liveIsManifest)
      return { why: `Pulumi’s state is not what runs, e.g. after a rollback to ${current.id}`, command };
    const known = releases.find(({ taskDefinitions }) => taskDefinitions.web === live.web);
    const what = known ? `web runs ${known.id} (${known.verdict})` : 'web runs what no release of the manifest has';
    const back = `npm run ecs -- rollback --stack ${stack} --to ${current.of ?? current.id}`;
    return { why: `${what}, and ${current.id} should run`, command: back };
  }
}
