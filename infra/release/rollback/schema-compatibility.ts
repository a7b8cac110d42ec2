import { EcsFailure } from '../ecs/failure.ts';
import { incompatibleMigrations } from '../migrate/migrations.ts';
import { appliedMigrations, type Release } from '../manifest/release.ts';
import type { Session } from '../ecs/session.ts';

interface Candidate {
  /** Id or commit, for the message. */
  name: string;
  /** Migrations contained in its code. */
  migrations: Release['migrations'];
  /** All releases: determines the applied migrations. */
  releases: Release[];
  /** Go ahead all the same. */
  force: boolean;
  /** How a person says so. */
  forceHint: string;
}

/**
 * Checks that older code is compatible with the current schema. Called by rollbacks and updates before any change.
 * @returns true when it is incompatible and was forced. @throws EcsFailure `refused`, naming the incompatible migrations.
 */
export function assertSchemaCompatible(session: Session, candidate: Candidate): boolean {
  const { name, migrations, releases, force, forceHint } = candidate;
  const incompatible = incompatibleMigrations(migrations, appliedMigrations(releases));
  if (incompatible.length === 0) return false;
  const what = `the code of ${name} is not compatible with what was applied since: ${incompatible.map((one) => one.name).join(', ')}`;
  if (!force) throw new EcsFailure('refused', `${what}. Roll forward with a fix, or accept errors with ${forceHint}`);
  session.log(`forced: ${what}`);
  return true;
}
