import { EcsFailure } from '../../infra/release/ecs/failure.ts';
import { ONE_OFF } from '../../infra/release/migrate/run-migrations.ts';
import { runTask } from '../../infra/release/migrate/run-task.ts';
import { processOf, seconds, type Command } from './command.ts';
import { oneOff } from './one-off.ts';

const TIMEOUT_SECONDS = 900;

export const run: Command = {
  usage: `[--process migrate|prune|worker|web] [--timeout SECONDS] [-- COMMAND [ARGUMENT]...]
  --process  whose image, roles and database user it gets; without it, the migrator's, who owns the tables
Runs one command in a task of its own, e.g.
  npm run ecs -- run --stack staging -- npm run db:status
With --process prune and no command it is the daily prune, now.`,
  options: { process: { type: 'string' }, timeout: { type: 'string' } },
  positionals: true,
  async run({ session, stack, values, positionals }) {
    const process = processOf(values) ?? 'migrate';
    if (positionals.length === 0 && process !== 'prune') throw new EcsFailure('usage', 'no command: write it after --');
    await runTask(session, {
      ...(await oneOff(session, stack, process)),
      startedBy: ONE_OFF,
      timeoutSeconds: seconds(values, 'timeout') ?? TIMEOUT_SECONDS,
      ...(positionals.length > 0 && { command: positionals }),
      showLog: true,
    });
    return { ending: 'done', data: {}, lines: [] };
  },
};
