import packageJson from '../package.json' with { type: 'json' };
import { readBacklog } from './agents/ingest/backpressure.ts';
import { APP_SESSION, type Db } from './db.ts';
import { pendingMigrations } from './db/migrations/pending.ts';
import { conflictingSettings, unappliedSettings } from './db/sessions/check.ts';
import { errorCode } from './db/transient.ts';
import { env } from './env.ts';
import { log } from './log.ts';

/** Response of the health route: states of the checks only; causes are logged. */
export interface Health {
  status: 'ok' | 'failed';
  version: string;
  /** Commit of the build, or null when the platform did not say. */
  commit: string | null;
  checks: { database: Check; writes: Check; session: Check; migrations: Check };
  /** Age of the oldest event waiting for a worker, in seconds; null when unknown. It does not fail the web's health check. */
  agentLagSeconds: number | null;
}

/** `unknown` when the database is unavailable. */
type Check = 'ok' | 'failed' | 'unknown';

/** Time budget of all checks, in milliseconds; the response is due within 2 s. */
const TIME_BUDGET_MS = 1_700;

/** Interval of the write check, in milliseconds; its result is cached. */
const WRITE_INTERVAL_MS = 10_000;

/**
 * Health check: the database responds, is writable, keeps session settings, and no migration is pending. Checks run in sequence, so that a
 * full pool fails only the first. Never throws and takes at most 1.7 s.
 */
export async function checkHealth(db: Db): Promise<Health> {
  const deadline = AbortSignal.timeout(TIME_BUDGET_MS);
  const database = await check(
    'database',
    deadline,
    async () => (await db.$queryRaw<unknown[]>`SELECT 1`).length === 1,
  );
  const reachable = database === 'ok';
  const writes = reachable ? await check('writes', deadline, () => canWrite(db)) : 'unknown';
  const session = reachable ? await check('session', deadline, () => hasRequiredSettings(db)) : 'unknown';
  const pending = async () => (await pendingMigrations(db)).length === 0;
  const migrations = reachable ? await check('migrations', deadline, pending) : 'unknown';
  let agentLagSeconds: number | null = null;
  const readLag = async () => {
    agentLagSeconds = Math.round((await readBacklog(db)).lagMs / 1000);
    return true;
  };
  if (reachable) await check('agent lag', deadline, readLag);
  const checks = { database, writes, session, migrations };
  return {
    status: Object.values(checks).every((outcome) => outcome === 'ok') ? 'ok' : 'failed',
    version: packageJson.version,
    commit: env().GIT_COMMIT ?? null,
    checks,
    agentLagSeconds,
  };
}

/**
 * Checks that a pooled connection has the required settings; otherwise times could be stored shifted. Conflicting configured settings are
 * logged once.
 */
async function hasRequiredSettings(db: Db): Promise<boolean> {
  const differing = await unappliedSettings((sql, names) => db.$queryRawUnsafe(sql, names), APP_SESSION);
  if (differing.length > 0) throw new SessionSettingsError(differing.map(({ name }) => name).join(', '));
  if (!reportedSettings.has(db)) {
    reportedSettings.add(db);
    const settings = await conflictingSettings((sql, given) => db.$queryRawUnsafe(sql, ...given), []);
    if (settings.length > 0)
      log.warn({ settings }, 'configured database settings differ from the required session settings');
  }
  return true;
}

const reportedSettings = new WeakSet<Db>();

/** Its code lists the settings, for the log of the failed check. */
class SessionSettingsError extends Error {
  readonly code: string;
  constructor(names: string) {
    super('required session settings are not in effect');
    this.code = `not pinned: ${names}`;
  }
}

const lastWrites = new WeakMap<Db, { at: number; ok: Promise<boolean> }>();

/** Upserts one row: it fails on a replica, a read-only database or a full disk. */
function canWrite(db: Db): Promise<boolean> {
  const last = lastWrites.get(db);
  if (last !== undefined && performance.now() - last.at < WRITE_INTERVAL_MS) return last.ok;
  const ok = db.$executeRaw`
    INSERT INTO "SignInThrottle" (key, failures, "lastFailureAt") VALUES ('health', 0, now())
    ON CONFLICT (key) DO UPDATE SET "lastFailureAt" = excluded."lastFailureAt"`.then((rows) => rows === 1);
  lastWrites.set(db, { at: performance.now(), ok });
  // A failed check is repeated by the next request.
  ok.catch(() => lastWrites.delete(db));
  return ok;
}

/** Last logged outcome of each check, so that only changes are logged. */
const lastOutcomes = new Map<string, Check>();

async function check(name: string, deadline: AbortSignal, passes: () => Promise<boolean>): Promise<Check> {
  let outcome: Check = 'failed';
  let cause: string | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new Error('no response in time'));
      if (deadline.aborted) giveUp();
      deadline.addEventListener('abort', giveUp, { once: true });
    });
    if (await Promise.race([passes(), late])) outcome = 'ok';
  } catch (error) {
    cause = deadline.aborted ? 'no response in time' : errorCode(error);
  }
  if (outcome !== (lastOutcomes.get(name) ?? 'ok')) {
    if (outcome === 'ok') log.info({ check: name }, 'health check is ok again');
    else log.warn({ check: name, cause }, 'health check failed');
  }
  lastOutcomes.set(name, outcome);
  return outcome;
}
