import type { Command } from './command.ts';

interface Verb {
  summary: string;
  load: () => Promise<Command>;
}

/** Loaded on demand, because each verb imports its own clients. */
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
