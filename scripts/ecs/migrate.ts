import { TIMING } from '#lib/release/contract.ts';
import { runMigrateGate } from '../../infra/ecs/migrate-gate.ts';
import { seconds, type Command } from './command.ts';
import { oneOff } from './one-off.ts';

export const migrate: Command = {
  usage: `[--timeout SECONDS]
Runs the migrations of the newest registered migrator and touches no service. \`pulumi up\` does this by itself.`,
  options: { timeout: { type: 'string' } },
  async run({ session, stack, values }) {
    const timeoutSeconds = seconds(values, 'timeout') ?? TIMING.migrate;
    const { region } = stack;
    await runMigrateGate(
      { ...(await oneOff(session, stack, 'migrate')), region, timeoutSeconds, log: session.log },
      session,
    );
    return { ending: 'done', data: {}, lines: ['migrated'] };
  },
};
