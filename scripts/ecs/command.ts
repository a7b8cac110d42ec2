import type { ParseArgsConfig } from 'node:util';
import type { Stack } from '../../infra/release/ecs/environment.ts';
import { PROCESSES, type Process } from '#lib/release/contract.ts';
import { EcsFailure, type Ending } from '../../infra/release/ecs/failure.ts';
import type { Session } from '../../infra/release/ecs/session.ts';

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

export interface Invocation {
  session: Session;
  stack: Stack;
  values: Values;
  positionals: string[];
  /** Writes a line to stdout while the verb runs. */
  writeLine: (line: string) => void;
  /** From here on Ctrl-C aborts the signal instead of ending the process. */
  interruption: () => AbortSignal;
}

/** The result of a verb: `data` for --json, `lines` for text output. */
export interface Outcome {
  ending: Ending;
  data: Record<string, unknown>;
  lines: string[];
}

export interface Command {
  /** The options text of --help. */
  usage: string;
  options?: NonNullable<ParseArgsConfig['options']>;
  positionals?: boolean;
  run(invocation: Invocation): Promise<Outcome>;
}

/** Every verb takes these. */
export const SHARED = {
  stack: { type: 'string' },
  region: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  poll: { type: 'string' },
} as const satisfies NonNullable<ParseArgsConfig['options']>;

/** A text option. */
export function text(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'string' ? value : undefined;
}

/** `--process`. @throws EcsFailure `usage` for an unknown process. */
export function processOf(values: Values): Process | undefined {
  const wanted = text(values, 'process');
  const found = PROCESSES.find((process) => process === wanted);
  if (wanted !== undefined && !found) throw new EcsFailure('usage', `--process must be one of ${PROCESSES.join(', ')}`);
  return found;
}

/** An option in seconds. @throws EcsFailure `usage` unless it is a positive number. */
export function seconds(values: Values, name: string): number | undefined {
  const value = text(values, name);
  if (value === undefined || Number(value) > 0) return value === undefined ? undefined : Number(value);
  throw new EcsFailure('usage', `--${name} ${value}: write a number of seconds`);
}

/** Formats rows as padded columns. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
