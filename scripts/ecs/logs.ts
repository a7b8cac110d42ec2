import { PROCESSES, type Process } from '#lib/release/contract.ts';
import { EcsFailure } from '../../infra/ecs/failure.ts';
import { readLogs } from '../../infra/ecs/logs.ts';
import { idOf } from '../../infra/ecs/task-log.ts';
import { text, type Command } from './command.ts';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const logs: Command = {
  usage: `[--process web|worker|prune|migrate] [--since 15m] [--filter PATTERN]
  --since  how far back: 30s, 15m, 6h, 2d
  --filter CloudWatch filter pattern, e.g. '"requestId"' or '{ $.level = "error" }'`,
  options: { process: { type: 'string' }, since: { type: 'string' }, filter: { type: 'string' } },
  async run({ session, stack, values }) {
    const process = text(values, 'process') ?? 'web';
    if (!isProcess(process)) throw new EcsFailure('usage', `--process must be one of ${PROCESSES.join(', ')}`);
    const since = session.clock.now() - duration(text(values, 'since') ?? '15m');
    const found = await readLogs(session, { group: stack.logGroups[process], since, filter: text(values, 'filter') });
    const lines = found.map(({ at, stream, message }) => `${at.toISOString()} ${idOf(stream).slice(0, 8)} ${message}`);
    return { ending: 'done', data: { lines: found }, lines };
  },
};

const isProcess = (value: string): value is Process => (PROCESSES as readonly string[]).includes(value);

function duration(value: string): number {
  const { amount = '', unit = '' } = /^(?<amount>\d+)(?<unit>[smhd])$/.exec(value)?.groups ?? {};
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (Number.isNaN(ms) || amount === '') throw new EcsFailure('usage', `--since ${value}: write 30s, 15m, 6h or 2d`);
  return ms;
}
