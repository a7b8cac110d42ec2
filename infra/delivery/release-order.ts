import { fileURLToPath } from 'node:url';
import * as pulumi from '@pulumi/pulumi';
import { HEALTH_PATH, TIMING } from '#lib/release/contract.ts';
import type { Environment } from '../release/ecs/environment.ts';
import { runMigrations } from '../release/migrate/run-migrations.ts';
import {
  currentRelease,
  readMigrations,
  readReleases,
  recordRelease,
  releaseId,
} from '../release/manifest/manifest.ts';
import type { Release } from '../release/manifest/release.ts';
import { assertSchemaCompatible } from '../release/rollback/schema-compatibility.ts';
import { verifyRollout } from '../release/rollout/verify.ts';
import type { ReleaseConfig } from '../config.ts';
import type { Session } from '../release/ecs/session.ts';

/** Inputs of the hooks, known once the task definitions are registered. */
export interface Plan {
  environment: Environment;
  bucket: string;
  release: ReleaseConfig;
  taskDefinitions: { web: string; worker: string; migrate: string; prune: string };
}

/** Longer than the circuit breaker takes to open, so that its reasons are reported. */
const ROLLOUT_SECONDS = 1500;

const MIGRATIONS = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

type Hooks = pulumi.ResourceHookBinding;

/** Opens the AWS session of the hooks. */
export type OpenSession = (region: string, log: Session['log']) => Session;

/**
 * The order of a release inside one `pulumi up`, as hooks on the resources that carry it:
 *
 *     migrate, then web          before web is created or moved to another task definition
 *     verify web, then worker    after web and before the worker, which depends on it
 *     verify worker, then prune  after the worker and before the schedule, which depends on it
 *     record the release         after the note of what is running, which depends on all three
 *
 * Each verification stands twice, because after a failed one Pulumi's state holds the new task definition while ECS is back on the old:
 * when the same release is tried again, the service counts as unchanged and only the step after it can notice.
 *
 * Before migrating it refuses older code that is not compatible with the applied migrations.
 *
 * An error before an operation means that the operation never happens; an error after one fails the deployment, and whatever depends on
 * that resource stays as it was. Hooks do not run in a preview.
 */
export class ReleaseOrder {
  readonly web: Hooks;
  readonly worker: Hooks;
  readonly prune: Hooks;
  readonly running: Hooks;
  readonly #plan: Promise<Plan>;
  readonly #open: OpenSession;
  readonly #deployments: { web?: string; worker?: string } = {};
  #id: string | undefined;

  constructor(plan: pulumi.Output<Plan>, open: OpenSession) {
    this.#open = open;
    this.#plan = new Promise((resolve) => plan.apply(resolve));
    const gate = new pulumi.ResourceHook('migrate', (args) => this.#migrate(args));
    const web = new pulumi.ResourceHook('verify-web', () => this.#verify('web'));
    const worker = new pulumi.ResourceHook('verify-worker', () => this.#verify('worker'));
    const record = new pulumi.ResourceHook('record-release', () => this.#record('succeeded'));
    this.web = { beforeCreate: [gate], beforeUpdate: [gate], afterCreate: [web], afterUpdate: [web] };
    this.worker = { beforeCreate: [web], beforeUpdate: [web], afterCreate: [worker], afterUpdate: [worker] };
    this.prune = { beforeCreate: [worker], beforeUpdate: [worker] };
    this.running = { afterCreate: [record], afterUpdate: [record] };
  }

  /** Updates of tags or alarms need no migration. */
  async #migrate({ oldInputs, newInputs }: pulumi.ResourceHookArgs): Promise<void> {
    if (oldInputs !== undefined && oldInputs.taskDefinition === newInputs?.taskDefinition) return;
    const plan = await this.#plan;
    const { region } = plan.environment;
    const session = this.#open(region, log);
    await this.#assertCompatible(session, plan);
    let started = false;
    const beforeStart = async () => {
      await this.#record('migrating');
      started = true;
    };
    const options = { ...migrator(plan), region, timeoutSeconds: TIMING.migrate, log, beforeStart };
    await runMigrations(options, session).catch(async (error: unknown) => {
      if (started) await this.#recordFailure(error as Error);
      throw error;
    });
    await this.#record('migrated');
  }

  /** Deploying an older digest is a rollback. */
  async #assertCompatible(session: Session, { bucket, release }: Plan): Promise<void> {
    const releases = await readReleases(session, bucket);
    const migrations = await builtWith(release.commit, releases);
    const { commit: name, force } = release;
    const forceHint = 'pulumi config set --path golive:release.force true';
    assertSchemaCompatible(session, { name, migrations, releases, force, forceHint });
  }

  async #verify(process: 'web' | 'worker'): Promise<void> {
    const { environment, release, taskDefinitions } = await this.#plan;
    try {
      this.#deployments[process] = await verifyRollout(
        {
          cluster: environment.cluster,
          service: environment.services[process],
          taskDefinition: taskDefinitions[process],
          region: environment.region,
          timeoutSeconds: ROLLOUT_SECONDS,
          log,
          ...(process === 'web' ? { healthUrl: `${environment.origin}${HEALTH_PATH}`, commit: release.commit } : {}),
        },
        this.#open(environment.region, log),
      );
    } catch (error) {
      await this.#recordFailure(error as Error);
      throw error;
    }
  }

  /** An error of the manifest must not hide the reason of the failure. */
  async #recordFailure(error: Error): Promise<void> {
    await this.#record('failed', error.message).catch((second: unknown) =>
      log(`the failure is not on record in full: ${(second as Error).message}`),
    );
  }

  async #record(verdict: Release['verdict'], reason?: string): Promise<void> {
    const plan = await this.#plan;
    const { environment, bucket, release, taskDefinitions } = plan;
    this.#id ??= releaseId(release.commit, new Date());
    const session = this.#open(environment.region, log);
    const releases = await readReleases(session, bucket);
    const migrations = await builtWith(release.commit, releases);
    // A release whose migration failed may have a migrator that cannot even start.
    const knownGood = verdict === 'failed' ? currentRelease(releases)?.taskDefinitions.migrate : undefined;
    await recordRelease(
      {
        bucket,
        region: environment.region,
        log,
        release: {
          id: this.#id,
          kind: 'deploy',
          commit: release.commit,
          images: { runner: release.runner, migrator: release.migrator },
          taskDefinitions,
          deployments: this.#deployments,
          migrations,
          verdict,
          ...(reason === undefined ? {} : { reason }),
        },
        ...(verdict === 'succeeded' || verdict === 'failed' ? { audit: migrator(plan, knownGood) } : {}),
      },
      session,
    );
  }
}

/**
 * What the code of a commit was built with: what the manifest says of an earlier release of it, else the checkout, which then is that
 * commit. The checkout of a rollback is newer than the image.
 */
async function builtWith(commit: string, releases: Release[]): Promise<Release['migrations']> {
  return releases.find((one) => one.commit === commit)?.migrations ?? readMigrations(MIGRATIONS);
}

/** How a task of the migrator's image is started. */
function migrator({ environment, taskDefinitions }: Plan, taskDefinition = taskDefinitions.migrate) {
  return {
    cluster: environment.cluster,
    taskDefinition,
    networkConfiguration: environment.network,
    container: 'migrate',
    logGroup: environment.logGroups.migrate,
  };
}

const log = (line: string) => void pulumi.log.info(line);
