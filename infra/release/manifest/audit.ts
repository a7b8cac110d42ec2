import { EcsFailure } from '../ecs/failure.ts';
import { ONE_OFF } from '../migrate/run-migrations.ts';
import type { Release } from './release.ts';
import { runTask, type TaskOptions } from '../migrate/run-task.ts';
import type { Session } from '../ecs/session.ts';

/** A one-off task of the migrator's image, which can reach the database. */
export type AuditTask = Pick<
  TaskOptions,
  'cluster' | 'taskDefinition' | 'networkConfiguration' | 'container' | 'logGroup'
>;

const TIMEOUT_SECONDS = 300;

/**
 * Has `scripts/release/record.ts` write the release into AuditEvent: an operator's machine has no network access to the database.
 * @throws EcsFailure `unaudited` with the command that tries again.
 */
export async function recordInAudit(session: Session, task: AuditTask, release: Release): Promise<void> {
  const { id, kind, of, commit, verdict, by, migrations } = release;
  const event = { id, kind, of, commit, verdict, by, migration: migrations.at(-1)?.name };
  try {
    await runTask(session, {
      ...task,
      startedBy: `${ONE_OFF}/audit`,
      timeoutSeconds: TIMEOUT_SECONDS,
      command: ['node', 'scripts/release/record.ts', JSON.stringify(event)],
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EcsFailure(
      'unaudited',
      `release ${id} is ${verdict} and in the manifest, but not in the audit log: ${why}\nTry again: npm run ecs -- releases --audit ${id}`,
      { cause: error },
    );
  }
}
