import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { openClient } from '../client.ts';

/** How long a migration waits for one lock, in milliseconds: whoever comes after it in the queue waits as long, so not for ever. */
export const LOCK_WAIT_MS = 5_000;
/** PostgreSQL's code for a lock that did not come in time. */
export const LOCK_TIMEOUT = '55P03';
/** Tries in all, and the pause between two, in milliseconds: about two minutes, in which a long report or a stuck client may end. */
const TRIES = 12;
const PAUSE_MS = 5_000;
/** Of Prisma's engine, when another one is at work. */
const ENGINE_TIMEOUT = 'P1002';
const LOOK_EVERY_MS = 500;

/** Somebody who holds a lock that another session waits for. What the server does not show to our role is null. */
interface Blocker {
  pid: number;
  application: string | null;
  user: string | null;
  since: string | null;
  state: string | null;
  /** The first word of its last statement: never its values. */
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

/** Who holds an advisory lock of ours, as a phrase for people; empty when nobody does any more. */
export async function holdersOf(client: Client, key: number): Promise<string> {
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

/** Whom a migration connects as, and where it says what it waits for. */
export interface Waiting {
  url: string;
  caCert?: string | undefined;
  /** The application name of the connections that may wait; no other session has it. */
  application: string;
  say: (line: string) => void;
  tries?: number;
  pauseMs?: number;
}

/**
 * Runs a part of a migration whose sessions have `LOCK_WAIT_MS` as their lock time-out, again when a lock did not come in time. Who blocks it is
 * said while it waits, by another connection, since afterwards nobody can tell any more.
 * @param work must bear being run again after it failed for a lock.
 * @throws what it failed with at last; for a lock an error that names who held it.
 */
export async function patiently<T>(
  work: () => Promise<T>,
  { url, caCert, application, say, tries = TRIES, pauseMs = PAUSE_MS }: Waiting,
): Promise<T> {
  await using watch = await startWatch(url, caCert, application, say);
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isLockTimeout(error)) throw error;
      const who = watch.last() === '' ? 'whom the server does not name' : watch.last();
      if (attempt >= tries)
        throw new Error(
          `gave up after ${tries} tries: a lock is held by ${who}. Let it end, or end it with SELECT pg_terminate_backend(PID); then migrate again`,
          { cause: error },
        );
      say(`a lock did not come in ${LOCK_WAIT_MS / 1000} s, held by ${who}: try ${attempt + 1} of ${tries} follows`);
      await sleep(pauseMs);
    }
  }
}

/** Whether something failed because a lock did not come in time. Prisma's engine gives PostgreSQL's code in its text alone. */
export function isLockTimeout(error: unknown): boolean {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (code === LOCK_TIMEOUT || code === ENGINE_TIMEOUT || at.message.includes(LOCK_TIMEOUT)) return true;
  }
  return false;
}

interface Watch extends AsyncDisposable {
  /** Who was seen to block at last; empty when nobody was. */
  last(): string;
}

/** Without a connection to spare the migration runs unwatched. */
async function startWatch(url: string, caCert: string | undefined, application: string, say: Waiting['say']) {
  const client = await openClient(url, { caCert }).catch(() => undefined);
  client?.on('error', () => undefined);
  let last = '';
  const end = new AbortController();
  const looking = (async () => {
    while (client !== undefined && !end.signal.aborted) {
      const found = await client.query<Blocker>(BLOCKERS, [application]).catch(() => undefined);
      const who = found?.rows.map(describe).join('; ') ?? '';
      if (who !== '' && who !== last) say(`waiting for a lock held by ${who}`);
      if (who !== '') last = who;
      await sleep(LOOK_EVERY_MS, undefined, { signal: end.signal, ref: false }).catch(() => undefined);
    }
  })();
  const watch: Watch = {
    last: () => last,
    async [Symbol.asyncDispose]() {
      end.abort();
      await looking;
      await client?.end().catch(() => undefined);
    },
  };
  return watch;
}
