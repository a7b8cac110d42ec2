import type { ParseArgsConfig } from 'node:util';
import type { Stack } from '../../infra/ecs/environment.ts';
import type { Ending } from '../../infra/ecs/failure.ts';
import type { Session } from '../../infra/ecs/session.ts';

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

interface Invocation {
  session: Session;
  stack: Stack;
  values: Values;
  positionals: string[];
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
