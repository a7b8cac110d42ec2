import { mkdir, writeFile } from 'node:fs/promises';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openClient } from '#lib/db/client.ts';
import { withLockRetries } from '#lib/db/migrations/lock-retries.ts';
import { withMigrationLock } from '#lib/db/migrations/lock.ts';
import { freshDatabase, type TestDatabase } from '../../support/database.ts';
import { copyRelease, type Release } from '../../support/release.ts';
import { until } from '../../support/worker.ts';

let database: TestDatabase;
let blocker: pg.Client;
beforeEach(async () => {
  database = await freshDatabase();
  blocker = new pg.Client({ connectionString: database.ownerUrl, application_name: 'monthly report' });
  blocker.on('error', () => undefined);
  await blocker.connect();
});
afterEach(async () => {
  await blocker.end();
  await database[Symbol.asyncDispose]();
});

const NAMED = /pid \d+ \(application monthly report, user golive_owner, in a transaction since [\dT:-]+Z, idle in transaction, last statement SELECT\)/; // prettier-ignore

/** Holds a read of the people until told, with a value that must not be printed. */
async function block(): Promise<void> {
  await blocker.query('BEGIN');
  await blocker.query(`SELECT count(*) FROM "User" WHERE email = 'hidden@example.org'`);
}

async function releaseWithMigrations(): Promise<Release> {
  const release = await copyRelease();
  const name = '20990101000000_blocked';
  await mkdir(release.path('prisma/migrations', name));
  await writeFile(
    release.path('prisma/migrations', name, 'migration.sql'),
    'ALTER TABLE "User" ADD COLUMN "first" int;',
  );
  await writeFile(release.path('prisma/postgres/999_blocked.sql'), 'ALTER TABLE "User" ADD COLUMN IF NOT EXISTS "second" int;'); // prettier-ignore
  return release;
}

test('a blocked migration reports the lock holder, retries, and completes once the lock is free', async () => {
  await using release = await releaseWithMigrations();
  await block();
  const waits = async () =>
    (
      await database.db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM "_prisma_migrations" WHERE migration_name LIKE '%blocked' AND rolled_back_at IS NOT NULL`
    )[0]?.n ?? 0;
  const running = release.migrate(database);
  // The first try has failed for its lock, and was put right in the ledger of Prisma.
  await until(
    async () => (await waits()) > 0,
    () => 'no try has failed',
  );
  await blocker.query('COMMIT');
  const { code, stdout, stderr } = await running;
  expect(code, stdout + stderr).toBe(0);
  expect(stdout + stderr).toMatch(new RegExp(`waiting for a lock held by ${NAMED.source}`));
  expect(stdout + stderr).not.toContain('hidden@example.org');
  const columns = await database.db.$queryRaw`
    SELECT column_name AS name FROM information_schema.columns WHERE column_name IN ('first', 'second') ORDER BY 1`;
  expect(columns).toEqual([{ name: 'first' }, { name: 'second' }]);
});

test('it fails after a bounded number of tries and reports the lock holder', async () => {
  await block();
  const said: string[] = [];
  const waiting = {
    url: database.ownerUrl,
    application: 'blocked by test',
    log: (line: string) => void said.push(line),
    tries: 2,
    pauseMs: 10,
  };
  let tried = 0;
  const work = async () => {
    tried += 1;
    const client = await openClient(waiting.url, { application_name: waiting.application, session: { lock_timeout: 3_000 } }); // prettier-ignore
    try {
      await client.query('ALTER TABLE "User" ADD COLUMN "never" int');
    } finally {
      await client.end();
    }
  };
  await expect(withLockRetries(work, waiting)).rejects.toThrow(
    new RegExp(`gave up after 2 tries: a lock is held by ${NAMED.source}`),
  );
  expect(tried).toBe(2);
  expect(said.join('\n')).toMatch(/try 2 of 2 follows/);
  // What fails for another reason is not tried again.
  await expect(withLockRetries(() => Promise.reject(new Error('other')), waiting)).rejects.toThrow('other');
});

test('the lock of the migrations is waited for with a bound, and its holder is named', async () => {
  await blocker.query('SELECT pg_advisory_lock(7305001)');
  const client = await openClient(database.ownerUrl);
  const said: string[] = [];
  try {
    const options = { log: (line: string) => void said.push(line), timeoutMs: 600 };
    await expect(withMigrationLock(client, () => Promise.resolve(), options)).rejects.toThrow(
      /application monthly report/,
    );
    expect(said).toEqual([
      expect.stringMatching(/^waiting for another migration: pid \d+ \(application monthly report/),
    ]);
  } finally {
    await client.end();
  }
});
