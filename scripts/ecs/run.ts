import { EcsFailure } from '../../infra/ecs/failure.ts';
import { ONE_OFF } from '../../infra/ecs/migrate-gate.ts';
import { runTask } from '../../infra/ecs/run-task.ts';
import { seconds, type Command } from './command.ts';
import { migratorOf } from './migrator.ts';

const TIMEOUT_SECONDS = 900;

export const run: Command = {
  usage: `[--timeout SECONDS] -- COMMAND [ARGUMENT]...
Runs one command in the migrator's image, as the owner of the database, e.g.
  npm run ecs -- run --stack staging -- npm run db:status`,
  options: { timeout: { type: 'string' } },
  positionals: true,
  async run({ session, stack, values, positionals }) {
    if (positionals.length === 0) throw new EcsFailure('usage', 'no command: write it after --');
    await runTask(session, {
      ...(await migratorOf(session, stack)),
      startedBy: ONE_OFF,
      timeoutSeconds: seconds(values, 'timeout') ?? TIMEOUT_SECONDS,
      command: positionals,
      showLog: true,
    });
    return { ending: 'done', data: {}, lines: [] };
  },
};
