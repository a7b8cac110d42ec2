import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { openClient } from '../client.ts';

/** Lock timeout of migrations, in milliseconds; it also limits how long others queue behind the migration. */
export const LOCK_WAIT_MS = 5_000;
/** SQLSTATE lock_not_available. */
export const LOCK_TIMEOUT = '55P03';
/** Attempts and the delay between them in milliseconds: about two minutes in all. */
const MAX_ATTEMPTS = 12;
const RETRY_DELAY_MS = 5_000;
/** Prisma's error when another migration engine holds its lock. */
const ENGINE_TIMEOUT = 'P1002';
const POLL_INTERVAL_MS = 500;

/** A session that holds a lock another one waits for. Fields not visible to our role are null. */
interface Blocker {
  pid: number;
  application: string | null;
  user: string | null;
  since: string | null;
  state: string | null;
  /** First keyword of its last statement; never values. */
  kind: string | null;
}

const DESCRIBED = `b.pid, nullif(a.application_name, '') AS application, a.usename AS "user", a.state,
  to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS since, upper(substring(a.query FROM '^\\s*([A-Za-z]+)')) AS kind`;

const BLOCKERS = `
SELECT DISTINCT ${DESCRIBED} FROM pg_stat_activity w CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS b(pid)
LEFT JOIN pg_stat_activity a ON a.pid = b.pid
WHERE w.application_name = $1 AND w.datname = current_database() ORDER BY 1`;

const HOLDERS = `
SELECT ${DESCRIBED} FROM pg_locks b LEFT JOIN pg_stat_activity a ON a.pid = b.pid
WHERE b.locktype = 'advisory' AND b.granted AND b.objid = $1 AND b.database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** Describes the holders of an advisory lock; empty when there are none. */
export async function describeLockHolders(client: Client, key: number): Promise<string> {
  return (await client.query<Blocker>(HOLDERS, [key])).rows.map(describe).join('; ');
}

function describe({ pid, application, user, since, state, kind }: Blocker): string {
  if (pid === 0) return 'a prepared transaction (SELECT * FROM pg_prepared_xacts)';
  const facts = [
    `application ${application ?? 'without a name'}`,
    `user ${user ?? 'unknown'}`,
    since === null ? '' : `in a transaction since ${since}`,
    [state, kind].filter(Boolean).join(', last statement '),
  ];
  return `pid ${pid} (${facts.filter(Boolean).join(', ')})`;
}

/** Options of lock retries. */
export interface LockRetryOptions {
  url: string;
  caCert?: string | undefined;
  /** Unique application name of the migration's connections. */
  application: string;
  log: (line: string) => void;
  maxAttempts?: number;
  retryDelayMs?: number;
}

/**
 * Runs a migration step with lock timeout `LOCK_WAIT_MS` and retries it when a lock times out. The blocking sessions are logged while it
 * waits, through another connection.
 * @param work must be repeatable after a lock timeout.
 * @throws the last error; for a lock timeout an error that names the holder.
 */
export async function withLockRetries<T>(
  work: () => Promise<T>,
  { url, caCert, application, log, maxAttempts = MAX_ATTEMPTS, retryDelayMs = RETRY_DELAY_MS }: LockRetryOptions,
): Promise<T> {
  await using watch = await startWatch(url, caCert, application, log);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const who = watch.last() === '' ? 'whom the server does not name' : watch.last();
      if (attempt >= maxAttempts)
        throw new Error(
          `gave up after ${maxAttempts} tries: a lock is held by ${who}. Let it end, or end it with SELECT pg_terminate_backend(PID); then migrate again`,
          { cause: error },
        );
      log(
        `a lock did not come in ${LOCK_WAIT_MS / 1000} s, held by ${who}: try ${attempt + 1} of ${maxAttempts} follows`,
      );
      await sleep(retryDelayMs);
    }
  }
}

/** True for lock timeouts. Prisma's engine has PostgreSQL's code only in the message. */
export function isLockTimeout(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (code === LOCK_TIMEOUT || code === ENGINE_TIMEOUT || at.message.includes(LOCK_TIMEOUT)) return true;
  }
  return false;
}

interface BlockerWatch extends AsyncDisposable {
  /** Description of the last blocker seen; empty when there was none. */
  last(): string;
}

/** Without a spare connection blockers are not logged. */
async function startWatch(url: string, caCert: string | undefined, application: string, log: LockRetryOptions['log']) {
  const client = await openClient(url, { caCert }).catch(() => undefined);
  client?.on('error', () => undefined);
  let last = '';
  const end = new AbortController();
  const looking = (async () => {
    while (client !== undefined && !end.signal.aborted) {
      const found = await client.query<Blocker>(BLOCKERS, [application]).catch(() => undefined);
      const who = found?.rows.map(describe).join('; ') ?? '';
      if (who !== '' && who !== last) log(`waiting for a lock held by ${who}`);
      if (who !== '') last = who;
      await sleep(POLL_INTERVAL_MS, undefined, { signal: end.signal, ref: false }).catch(() => undefined);
    }
  })();
  const watch: BlockerWatch = {
    last: () => last,
    async [Symbol.asyncDispose]() {
      end.abort();
      await looking;
      await client?.end().catch(() => undefined);
    },
  };
  return watch;
}
