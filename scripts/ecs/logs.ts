import { EcsFailure } from '../../infra/release/ecs/failure.ts';
import { followLogs, readLogs, type LogLine } from '../../infra/release/inspect/logs.ts';
import { idOf } from '../../infra/release/ecs/task-log.ts';
import { processOf, text, type Command } from './command.ts';

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

export const logs: Command = {
  usage: `[--process web|worker|prune|migrate] [--since 15m] [--filter PATTERN] [--follow [--for 1h]]
  --since  how far back: 30s, 15m, 6h, 2d
  --filter CloudWatch filter pattern, e.g. '"requestId"' or '{ $.level = "error" }'
  --follow go on with what comes, until Ctrl-C or for as long as --for says; with --json one object per line`,
  options: {
    process: { type: 'string' },
    since: { type: 'string' },
    filter: { type: 'string' },
    follow: { type: 'boolean' },
    for: { type: 'string' },
  },
  async run({ session, stack, values, writeLine, interruption }) {
    const process = processOf(values) ?? 'web';
    if (values.for !== undefined && !values.follow) throw new EcsFailure('usage', '--for goes with --follow');
    const now = session.clock.now();
    const since = now - duration('since', text(values, 'since') ?? '15m');
    const options = { group: stack.logGroups[process], since, filter: text(values, 'filter') };
    if (!values.follow) {
      const found = await readLogs(session, options);
      return { ending: 'done', data: { lines: found }, lines: found.map(readable) };
    }
    const until = now + duration('for', text(values, 'for') ?? '1h');
    const each = (line: LogLine) => writeLine(values.json ? JSON.stringify(line) : readable(line));
    await followLogs(session, { ...options, until, signal: interruption(), each });
    return { ending: 'done', data: {}, lines: [] };
  },
};

const readable = ({ at, stream, message }: LogLine) => `${at.toISOString()} ${idOf(stream).slice(0, 8)} ${message}`;

function duration(option: string, value: string): number {
  const { amount = '', unit = '' } = /^(?<amount>\d+)(?<unit>[smhd])$/.exec(value)?.groups ?? {};
  const ms = Number(amount) * (UNITS[unit] ?? NaN);
  if (Number.isNaN(ms) || amount === '')
    throw new EcsFailure('usage', `--${option} ${value}: write 30s, 15m, 6h or 2d`);
  return ms;
}
