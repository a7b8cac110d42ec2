import { z } from 'zod';
import { Migration } from '../migrate/migrations.ts';

/** Outcome of a release. `migrating` and `migrated` remain when a deployment was interrupted. */
const VERDICTS = ['migrating', 'migrated', 'succeeded', 'failed'] as const;

/** The record of a deployment or rollback. */
export const Release = z.object({
  format: z.literal(1),
  /** Sorts by time: see `releaseId`. */
  id: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{7}$/),
  kind: z.enum(['deploy', 'rollback']),
  /** For a rollback: the release whose task definitions run again. */
  of: z.string().optional(),
  commit: z.string().regex(/^[0-9a-f]{7,40}$/),
  /** Image references by digest. */
  images: z.object({ runner: z.string(), migrator: z.string() }),
  /** ARNs. */
  taskDefinitions: z.object({ web: z.string(), worker: z.string(), migrate: z.string(), prune: z.string() }),
  /** Ids of the ECS deployments that were created. */
  deployments: z.object({ web: z.string().optional(), worker: z.string().optional() }),
  /** Every migration the code was built with, oldest first; the last is the newest. */
  migrations: z.array(Migration),
  verdict: z.enum(VERDICTS),
  /** Why it failed. */
  reason: z.string().optional(),
  /** ARN of the principal that ran it. */
  by: z.string(),
  recordedAt: z.iso.datetime(),
});
export type Release = z.output<typeof Release>;

/** `20261122T221100Z-1a2b3c4`: time and commit; sorts chronologically. */
export function releaseId(commit: string, at: Date): string {
  const second = at
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(/[-:]/g, '');
  return `${second}-${commit.slice(0, 7)}`;
}

/** Migrations that may be applied: those of every release that started migrating. */
export function appliedMigrations(releases: Release[]): Migration[] {
  const byName = new Map(
    releases.flatMap(({ migrations }) => migrations.map((migration) => [migration.name, migration])),
  );
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
