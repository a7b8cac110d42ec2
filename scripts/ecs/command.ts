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
  /** A line of the answer ahead of its end, on stdout. */
  say: (line: string) => void;
  /** From here on Ctrl-C is a signal and no longer the end of the process. */
  interruption: () => AbortSignal;
}

/** How a verb ended: `data` for --json, `lines` for people. */
export interface Outcome {
  ending: Ending;
  data: Record<string, unknown>;
  lines: string[];
}

export interface Command {
  /** Options and what they mean, as --help prints them after the verb. */
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

/** `--process`. @throws EcsFailure `usage` for one that a release does not have. */
export function processOf(values: Values): Process | undefined {
  const wanted = text(values, 'process');
  const found = PROCESSES.find((process) => process === wanted);
  if (wanted !== undefined && !found) throw new EcsFailure('usage', `--process must be one of ${PROCESSES.join(', ')}`);
  return found;
}

/** An option in seconds. @throws EcsFailure `usage` for what is no positive number: a wait without an end would be the result. */
export function seconds(values: Values, name: string): number | undefined {
  const value = text(values, name);
  if (value === undefined || Number(value) > 0) return value === undefined ? undefined : Number(value);
  throw new EcsFailure('usage', `--${name} ${value}: write a number of seconds`);
}

/** Columns padded to their widest cell. */
export function table(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
