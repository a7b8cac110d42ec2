import { EcsFailure } from '../ecs/failure.ts';
import { notTolerated } from '../migrate/migrations.ts';
import { appliedMigrations, type Release } from '../manifest/release.ts';
import type { Session } from '../ecs/session.ts';

interface Candidate {
  /** Id or commit, for the message. */
  name: string;
  /** What its code was built with. */
  migrations: Release['migrations'];
  /** The whole manifest: what stands in the database. */
  releases: Release[];
  /** Go ahead all the same. */
  force: boolean;
  /** How a person says so. */
  insist: string;
}

/**
 * Whether older code may meet the database as it is now. Asked before anything is touched, by a rollback and by an update alike.
 * @returns true when it does not tolerate the schema and was forced.
 * @throws EcsFailure `refused`, naming the migrations that it does not tolerate.
 */
export function refuseUnlessTolerant(session: Session, candidate: Candidate): boolean {
  const { name, migrations, releases, force, insist } = candidate;
  const broken = notTolerated(migrations, appliedMigrations(releases));
  if (broken.length === 0) return false;
  const what = `the code of ${name} does not tolerate what was applied since: ${broken.map((one) => one.name).join(', ')}`;
  if (!force) throw new EcsFailure('refused', `${what}. Roll forward with a fix, or accept errors with ${insist}`);
  session.log(`forced: ${what}`);
  return true;
}
