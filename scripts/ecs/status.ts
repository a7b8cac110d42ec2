import { readStatus, type Status } from '../../infra/release/inspect/status.ts';
import { table, type Command } from './command.ts';

export const status: Command = {
  usage: '',
  async run({ session, stack }) {
    const found = await readStatus(session, stack);
    return { ending: 'done', data: { ...found }, lines: describe(found) };
  },
};

function describe({ stack, origin, release, newest, services, prune, targets }: Status): string[] {
  const later = newest && newest.id !== release?.id ? [`later      ${newest.id}: ${newest.verdict}`] : [];
  return [
    `${stack} at ${origin}`,
    `release    ${release ? `${release.id} (${release.kind}) by ${release.by}` : 'none yet'}`,
    ...later,
    ...services.flatMap(({ name, desired, deployments, events }) => [
      `${name}: ${desired} wanted`,
      ...table(
        deployments.map((one) => [
          `  ${one.status}`,
          one.taskDefinition,
          `${one.running} running`,
          one.state ?? '',
          one.reason ?? '',
        ]),
      ),
      ...events.map((event) => `    ${event}`),
    ]),
    `prune: ${prune.taskDefinition}, ${prune.schedule}, ${prune.state}`,
    ...targets.map(({ target, state, reason }) => `target ${target}: ${[state, reason].filter(Boolean).join(', ')}`),
  ];
}
