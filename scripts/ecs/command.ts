import type { ParseArgsConfig } from 'node:util';
import type { Stack } from '../../infra/ecs/environment.ts';
import type { Ending } from '../../infra/ecs/failure.ts';
import type { Session } from '../../infra/ecs/session.ts';

export type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

export interface Invocation {
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

interface Verb {
  summary: string;
  load: () => Promise<Command>;
}

/** Loaded on demand: each verb brings clients of its own. */
export const VERBS: Record<string, Verb> = {
  status: { summary: 'what runs, and how it is', load: async () => (await import('./status.ts')).status },
  verify: { summary: 'before a deployment: would it start?', load: async () => (await import('./verify.ts')).verify },
  diff: { summary: 'what a release would change', load: async () => (await import('./diff.ts')).diff },
  migrate: { summary: 'run the migrations alone', load: async () => (await import('./migrate.ts')).migrate },
  run: { summary: 'run one command in a task of its own', load: async () => (await import('./run.ts')).run },
  wait: { summary: 'see the rollouts under way through', load: async () => (await import('./wait.ts')).wait },
  rollback: { summary: 'return to an earlier release', load: async () => (await import('./rollback.ts')).rollback },
  logs: { summary: 'read a process’s log', load: async () => (await import('./logs.ts')).logs },
  releases: { summary: 'what was deployed, by whom', load: async () => (await import('./releases.ts')).releases },
  drift: { summary: 'state, live and manifest', load: async () => (await import('./drift.ts')).drift },
};

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
