import { TIMING } from '#lib/release/contract.ts';
import { EcsFailure } from '../../infra/release/ecs/failure.ts';
import { runMigrations } from '../../infra/release/migrate/run-migrations.ts';
import { readReleases } from '../../infra/release/manifest/manifest.ts';
import { idOf } from '../../infra/release/ecs/task-log.ts';
import { seconds, type Command } from './command.ts';
import { oneOff } from './one-off.ts';

export const migrate: Command = {
  usage: `[--timeout SECONDS]
Runs the migrations of the newest registered migrator and touches no service: to try again what failed.
\`pulumi up\` does this by itself.`,
  options: { timeout: { type: 'string' } },
  async run({ session, stack, values }) {
    const timeoutSeconds = seconds(values, 'timeout') ?? TIMING.migrate;
    const { region } = stack;
    const task = await oneOff(session, stack, 'migrate');
    const known = (await readReleases(session, stack.bucket)).some(
      ({ taskDefinitions }) => taskDefinitions.migrate === task.taskDefinition,
    );
    // The compatibility check of rollbacks needs every applied migration in the manifest.
    if (!known)
      throw new EcsFailure('refused', `${idOf(task.taskDefinition)} is of no recorded release: use pulumi up`);
    await runMigrations({ ...task, region, timeoutSeconds, log: session.log }, session);
    return { ending: 'done', data: {}, lines: ['migrated'] };
  },
};
