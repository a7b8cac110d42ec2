import packageJson from '../package.json' with { type: 'json' };
import { readBacklog } from './agents/pressure.ts';
import type { Db } from './db.ts';
import { pendingMigrations } from './db/pending-migrations.ts';
import { env } from './env.ts';
import { log } from './log.ts';

/** What the health route answers. It names checks and says ok or failed; why stands in the log, for nobody else to read. */
export interface Health {
  status: 'ok' | 'failed';
  version: string;
  /** Commit of the build, or null when the platform did not say. */
  commit: string | null;
  checks: { database: Check; migrations: Check };
  /** Age of the oldest event that waits for a worker, in seconds; null when it cannot be told. Never a reason to fail: that is the web's. */
  agentLagSeconds: number | null;
}

type Check = 'ok' | 'failed';

/** The whole answer is due within 2 s; what has not answered by then has failed. In milliseconds. */
const BUDGET_MS = 1_700;

/**
 * Looks whether the app can do its work: the database answers and no migration is pending. Never throws and takes 1.7 s at most.
 */
export async function checkHealth(db: Db): Promise<Health> {
  const deadline = AbortSignal.timeout(BUDGET_MS);
  let agentLagSeconds: number | null = null;
  const [database, migrations] = await Promise.all([
    passes('database', deadline, async () => (await db.$queryRaw<unknown[]>`SELECT 1`).length === 1),
    passes('migrations', deadline, async () => (await pendingMigrations(db)).length === 0),
    passes('agent lag', deadline, async () => {
      agentLagSeconds = Math.round((await readBacklog(db)).lagMs / 1000);
      return true;
    }),
  ]);
  return {
    status: database === 'ok' && migrations === 'ok' ? 'ok' : 'failed',
    version: packageJson.version,
    commit: env().GIT_COMMIT ?? null,
    checks: { database, migrations },
    agentLagSeconds,
  };
}

async function passes(name: string, deadline: AbortSignal, check: () => Promise<boolean>): Promise<Check> {
  try {
    const late = new Promise<never>((_, reject) =>
      deadline.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true }),
    );
    if (await Promise.race([check(), late])) return 'ok';
    log.warn({ check: name }, 'health check failed');
  } catch (error) {
    log.warn({ check: name, err: error }, 'health check failed');
  }
  return 'failed';
}
