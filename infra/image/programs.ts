/** What the two images can run beside the web server. `npm run image:check` runs each of them to its end from the assembled files. */

/** The runner serves; what starts beside the web server is the worker and, daily, the prune. */
export const RUNNER_PROGRAMS = ['worker/main.ts', 'scripts/audit/prune.ts'] as const;

/** The second half of a migration; and what the release commands run in the migrator, which alone reaches the database as its owner. */
export const MIGRATOR_PROGRAMS = [
  'scripts/db/pg/migrate.ts',
  'scripts/db/status.ts',
  'scripts/release/record.ts',
  'scripts/admin/create.ts',
  'scripts/admin/list.ts',
  'scripts/audit/verify.ts',
] as const;

export type MigratorProgram = (typeof MIGRATOR_PROGRAMS)[number];
