import packageJson from '../package.json' with { type: 'json' };
import { readBacklog } from './agents/ingest/backpressure.ts';
import { APP_SESSION, type Db } from './db.ts';
import { pendingMigrations } from './db/migrations/pending.ts';
import { configuredOtherwise, unpinned } from './db/sessions/check.ts';
import { errorCode } from './db/transient.ts';
import { env } from './env.ts';
import { log } from './log.ts';

/** What the health route answers. It names checks and says ok or failed; why stands in the log, for nobody else to read. */
export interface Health {
  status: 'ok' | 'failed';
  version: string;
  /** Commit of the build, or null when the platform did not say. */
  commit: string | null;
  checks: { database: Check; writes: Check; session: Check; migrations: Check };
  /** Age of the oldest event that waits for a worker, in seconds; null when it cannot be told. Never a reason to fail: that is the web's. */
  agentLagSeconds: number | null;
}

/** `unknown` when the database could not be asked. */
type Check = 'ok' | 'failed' | 'unknown';

/** The whole answer is due within 2 s; what has not answered by then has failed. In milliseconds. */
const BUDGET_MS = 1_700;

/** Each process writes at most this often for the check, in milliseconds; its result holds until the next one. */
const WRITE_EVERY_MS = 10_000;

/**
 * Looks whether the app can do its work: the database answers, can be written to, keeps the settings of a session, and no migration is pending. One question after the other,
 * so that a full pool fails the first and blames nothing else. Never throws and takes 1.7 s at most.
 */
export async function checkHealth(db: Db): Promise<Health> {
  const deadline = AbortSignal.timeout(BUDGET_MS);
  const database = await check(
    'database',
    deadline,
    async () => (await db.$queryRaw<unknown[]>`SELECT 1`).length === 1,
  );
  const reachable = database === 'ok';
  const writes = reachable ? await check('writes', deadline, () => canWrite(db)) : 'unknown';
  const session = reachable ? await check('session', deadline, () => isPinned(db)) : 'unknown';
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
 * Whether the settings of our sessions hold on a connection of the pool; where a pooler does not keep them, times would be stored shifted. What
 * is configured otherwise and overruled is said once to the log.
 */
async function isPinned(db: Db): Promise<boolean> {
  const differing = await unpinned((sql, names) => db.$queryRawUnsafe(sql, names), APP_SESSION);
  if (differing.length > 0) throw new UnpinnedError(differing.map(({ name }) => name).join(', '));
  if (!told.has(db)) {
    told.add(db);
    const settings = await configuredOtherwise((sql, given) => db.$queryRawUnsafe(sql, ...given), []);
    if (settings.length > 0) log.warn({ settings }, 'the database is configured otherwise than our sessions are set');
  }
  return true;
}

const told = new WeakSet<Db>();

/** Carries the names of the settings as its code, which is what the log says of a failed check. */
class UnpinnedError extends Error {
  readonly code: string;
  constructor(names: string) {
    super('the session is not pinned');
    this.code = `not pinned: ${names}`;
  }
}

const lastWrites = new WeakMap<Db, { at: number; ok: Promise<boolean> }>();

/**
 * Writes one row that stays one row, in the table that the web process writes to most, and commits it: a replica, a read-only database and a
 * disk without room for the write-ahead log refuse it.
 */
function canWrite(db: Db): Promise<boolean> {
  const last = lastWrites.get(db);
  if (last !== undefined && performance.now() - last.at < WRITE_EVERY_MS) return last.ok;
  const ok = db.$executeRaw`
    INSERT INTO "SignInThrottle" (key, failures, "lastFailureAt") VALUES ('health', 0, now())
    ON CONFLICT (key) DO UPDATE SET "lastFailureAt" = excluded."lastFailureAt"`.then((rows) => rows === 1);
  lastWrites.set(db, { at: performance.now(), ok });
  // What failed is tried again by the next question.
  ok.catch(() => lastWrites.delete(db));
  return ok;
}

/** The last outcome of each check that was logged: a monitor asks several times a minute, and the log gets one line for each change. */
const logged = new Map<string, Check>();

async function check(name: string, deadline: AbortSignal, passes: () => Promise<boolean>): Promise<Check> {
  let outcome: Check = 'failed';
  let cause: string | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      const giveUp = () => reject(new Error('no answer in time'));
      if (deadline.aborted) giveUp();
      deadline.addEventListener('abort', giveUp, { once: true });
    });
    if (await Promise.race([passes(), late])) outcome = 'ok';
  } catch (error) {
    cause = deadline.aborted ? 'no answer in time' : errorCode(error);
  }
  if (outcome !== (logged.get(name) ?? 'ok')) {
    if (outcome === 'ok') log.info({ check: name }, 'health check is ok again');
    else log.warn({ check: name, cause }, 'health check failed');
  }
  logged.set(name, outcome);
  return outcome;
}
