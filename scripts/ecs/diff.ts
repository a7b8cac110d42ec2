import { diffStack } from '../../infra/release/inspect/diff.ts';
import { text, type Command } from './command.ts';

export const diff: Command = {
  usage: `[--to RELEASE]
  --to RELEASE  id or commit of a release; without it, the newest registered task definitions
Field by field, from what runs now. Exit code 4 when there are differences.`,
  options: { to: { type: 'string' } },
  async run({ session, stack, values }) {
    const differences = await diffStack(session, stack, text(values, 'to'));
    const lines = differences.flatMap(({ process, field, from, to }) => [
      `${process} ${field}`,
      ...(from === undefined ? [] : [`  - ${from}`]),
      ...(to === undefined ? [] : [`  + ${to}`]),
    ]);
    const different = differences.length > 0;
    return {
      ending: different ? 'different' : 'done',
      data: { differences },
      lines: different ? lines : ['no differences'],
    };
  },
};
