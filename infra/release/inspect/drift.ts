import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Stack } from '../ecs/environment.ts';
import { EcsFailure } from '../ecs/failure.ts';
import { type Live, readLive } from '../ecs/live.ts';
import type { Session } from '../ecs/session.ts';
import { currentRelease, readReleases } from '../manifest/manifest.ts';
import { appliedMigrations, type Release } from '../manifest/release.ts';
import { incompatibleMigrations } from '../migrate/migrations.ts';

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

const TIMEOUT_MS = 120_000;

const Exported = z.object({
  deployment: z.object({
    resources: z
      .array(z.object({ type: z.string(), outputs: z.record(z.string(), z.unknown()).optional() }))
      .default([]),
  }),
});

/**
 * Reads the task definitions of Pulumi's state. @param file the output of `pulumi stack export`; without it the CLI is called.
 * @returns undefined when there is no file and no CLI.
 * @throws EcsFailure when the export cannot be understood.
 */
async function readState(
  stack: string,
  names: { web: string; worker: string; prune: string },
  file?: string,
): Promise<Live | undefined> {
  const text = file === undefined ? await exportState(stack) : await readFile(file, 'utf8');
  if (text === undefined) return undefined;
  const parsed = Exported.safeParse(JSON.parse(text));
  if (!parsed.success) throw new EcsFailure('usage', 'the state is not an export of `pulumi stack export`');
  const { resources } = parsed.data.deployment;
  const of = (type: string, name: string) =>
    resources.find((one) => one.type === type && one.outputs?.name === name)?.outputs;
  const target = z.object({ ecsParameters: z.object({ taskDefinitionArn: z.string() }) });
  const prune = target.safeParse(of('aws:scheduler/schedule:Schedule', names.prune)?.target);
  const service = (name: string) => z.string().catch('').parse(of('aws:ecs/service:Service', name)?.taskDefinition);
  return {
    web: service(names.web),
    worker: service(names.worker),
    prune: prune.success ? prune.data.ecsParameters.taskDefinitionArn : '',
  };
}

async function exportState(stack: string): Promise<string | undefined> {
  try {
    const options = { timeout: TIMEOUT_MS, maxBuffer: 256 * 1024 * 1024 };
    return (await promisify(execFile)('pulumi', ['stack', 'export', '--stack', stack], options)).stdout;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new EcsFailure('failed', `pulumi stack export: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * The command that brings Pulumi's state back in line with a release. It registers new task definitions with the same images.
 * @param forced the release is not compatible with the schema.
 */
export function reconcileCommand(stack: string, { commit, images }: Release, forced: boolean): string {
  const set = (field: string, value: string) =>
    `pulumi config set --stack ${stack} --path golive:release.${field} ${value}`;
  return [
    set('commit', commit),
    set('runner', images.runner),
    set('migrator', images.migrator),
    ...(forced ? [set('force', 'true')] : []),
    `pulumi up --stack ${stack} --refresh`,
  ].join(' && \\\n  ');
}
