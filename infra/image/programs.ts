/** Programs of the two images besides the web server. `npm run image:check` runs each of them from the assembled files. */

/** The runner image: web server, worker and the daily prune. */
export const RUNNER_PROGRAMS = ['worker/main.ts', 'scripts/audit/prune.ts'] as const;

/** The repeatable migrations, and the programs that the release commands run in the migrator, which connects as the owner. */
export const MIGRATOR_PROGRAMS = [
  'scripts/db/pg/migrate.ts',
  'scripts/db/status.ts',
  'scripts/release/record.ts',
  'scripts/admin/create.ts',
  'scripts/admin/list.ts',
  'scripts/audit/verify.ts',
] as const;

export type MigratorProgram = (typeof MIGRATOR_PROGRAMS)[number];
