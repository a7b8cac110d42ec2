import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openDb, type Db } from '#lib/db.ts';
import { execute } from './postgres/postgres.ts';
import { APP, OWNER, PASSWORD, TEMPLATE } from './cluster.ts';

/** A database of a test's own, cloned from the migrated template. Dispose of it: a leaked connection fails the drop. */
export interface TestDatabase extends AsyncDisposable {
  /** As the app role: what web and worker use. */
  appUrl: string;
  /** As the owner of the tables: what migrations use. */
  ownerUrl: string;
  superuserUrl: string;
  db: Db;
}

/** A connection may take as long as a busy machine makes it take, in milliseconds: what is tested is not how fast it comes. */
const UNHURRIED_MS = 60_000;

/** Clones the template: about 50 ms. `{ migrated: false }` gives an empty database instead. */
export async function freshDatabase({ migrated = true } = {}): Promise<TestDatabase> {
  const clusterUrl = inject('clusterUrl');
  const name = `t_${randomBytes(6).toString('hex')}`;
  const admin = clusterUrl.replace('{database}', 'postgres');
  await execute(admin, `CREATE DATABASE ${name} TEMPLATE ${migrated ? TEMPLATE : 'template0'} OWNER ${OWNER}`);
  const as = (role: string) => clusterUrl.replace('{database}', name).replace(/\/\/[^@]+@/, `//${role}:${PASSWORD}@`);
  const db = openDb(as(APP), { max: 10, connectTimeoutMs: UNHURRIED_MS });
  return {
    appUrl: as(APP),
    ownerUrl: as(OWNER),
    superuserUrl: clusterUrl.replace('{database}', name),
    db,
    async [Symbol.asyncDispose]() {
      await db.$disconnect();
      await execute(admin, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

/** How many sessions of a database wait for a lock. */
export async function lockWaits(db: Db): Promise<number> {
  const [row] = await db.$queryRaw<{ count: number }[]>`
    SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return row?.count ?? 0;
}
