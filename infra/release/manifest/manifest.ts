import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { recordInAudit, type AuditTask } from './audit.ts';
import { Release } from './release.ts';
import { openSession, type Session } from '../ecs/session.ts';
import { listKeys, readJson, writeJson } from './store.ts';

export { releaseId } from './release.ts';
export { readMigrations } from '../migrate/migrations.ts';

const PREFIX = 'releases/';
const keyOf = (id: string) => `${PREFIX}${id}.json`;

export interface RecordReleaseOptions {
  /** The versioned bucket that keeps the manifest. */
  bucket: string;
  region: string;
  /** The release without actor and time, which are determined here. */
  release: Omit<Release, 'format' | 'by' | 'recordedAt'>;
  /** How to run the task that records the audit event; omitted for intermediate outcomes. */
  audit?: AuditTask;
  log: Session['log'];
}

/**
 * Writes a release into the manifest and then into the audit log. Call it with the verdict
 * `migrating` before the migrations begin, with `migrated` when they are in, and again under the same id with the final verdict: an
 * interrupted deployment is still recorded with the migrations that may have been applied.
 * @throws EcsFailure `unaudited` when the manifest is written and the audit event is not.
 */
export async function recordRelease(
  options: RecordReleaseOptions,
  session: Session = openSession(options.region, options.log),
): Promise<Release> {
  const { Arn: by = 'unknown' } = await session.aws.sts.send(new GetCallerIdentityCommand({}));
  const recordedAt = new Date(session.clock.now()).toISOString();
  const release = Release.parse({ format: 1, ...options.release, by, recordedAt });
  await writeJson(session, options.bucket, keyOf(release.id), release);
  session.log(`release ${release.id}: ${release.verdict}`);
  if (options.audit) await recordInAudit(session, options.audit, release);
  return release;
}

/** Every release of the manifest, newest first. */
export async function readReleases(session: Session, bucket: string): Promise<Release[]> {
  const keys = await listKeys(session, bucket, PREFIX);
  const releases = await Promise.all(keys.map((key) => readJson(session, bucket, key)));
  return releases.map((release) => Release.parse(release)).reverse();
}

/** The desired release: the newest successful one. */
export const currentRelease = (newestFirst: Release[]) => newestFirst.find(({ verdict }) => verdict === 'succeeded');
