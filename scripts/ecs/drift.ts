import { readDrift } from '../../infra/release/inspect/drift.ts';
import { idOf } from '../../infra/release/ecs/task-log.ts';
import { table, text, type Command } from './command.ts';

export const drift: Command = {
  usage: `[--state FILE]
  --state FILE  output of \`pulumi stack export\`; without it the pulumi CLI is asked, and without that the column is skipped
Sets Pulumi's state, what runs and the manifest side by side, with the command that reconciles them. Exit code 4 when they differ.`,
  options: { state: { type: 'string' } },
  async run({ session, stack, values }) {
    const found = await readDrift(session, stack, text(values, 'state'));
    const cell = (arn: string | undefined) => (arn === undefined ? '-' : idOf(arn));
    const rows = found.rows.map(({ process, state, live, manifest }) => [
      process,
      cell(state),
      cell(live),
      cell(manifest),
    ]);
    const notes = found.stateRead ? [] : ['state: skipped, there is no pulumi CLI here (see --state)'];
    const end = found.remedy ? [found.remedy.why, `  ${found.remedy.command}`] : ['no drift'];
    return {
      ending: found.agree ? 'done' : 'different',
      data: { ...found },
      lines: [...table([['', 'state', 'live', 'manifest'], ...rows]), ...notes, ...end],
    };
  },
};
