import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { openDb, type Db } from '#lib/db.ts';
import { openClient } from '#lib/db/client.ts';
import { reconcileRights } from '#lib/db/roles/reconcile-rights.ts';
import type { GRANT_USES } from '../../../scripts/dev/support/docs/grant-uses.ts';
import { execute } from '../postgres/postgres.ts';
import { APP } from '../cluster.ts';
import { freshDatabase } from '../database.ts';

type Process = 'web' | 'worker';

/** The flows of a process that docs/GRANTS.md names, each as a function that fails where its role may not do it. */
export type Flows<P extends Process> = Record<keyof (typeof GRANT_USES)[P], (scene: Scene) => Promise<unknown>>;

/** A database whose web and worker are users of their own, with the rights that a migration gives them. */
export interface Scene extends AsyncDisposable {
  /** As both processes at once: makes what a flow finds. */
  both: Db;
  db: Record<Process, Db>;
  url: Record<Process, string>;
  role: Record<Process, string>;
  ownerUrl: string;
}

const PASSWORD = 'test-only';

/** Opens a scene; dispose of it, because its roles belong to the whole cluster. */
export async function openScene(): Promise<Scene> {
  const database = await freshDatabase();
  const id = randomBytes(4).toString('hex');
  const role = { web: `grants_web_${id}`, worker: `grants_worker_${id}` };
  const users = Object.values(role);
  await execute(
    database.superuserUrl,
    ...users.map((name) => `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}'`),
    // As on a hosted server, where the schema is nobody's by itself: the users' own grants on it are then seen.
    'REVOKE USAGE ON SCHEMA public FROM PUBLIC',
    `GRANT USAGE ON SCHEMA public TO ${APP}`,
  );
  const owner = await openClient(database.ownerUrl);
  try {
    await reconcileRights(owner, { app: role.web, ...role });
  } finally {
    await owner.end();
  }
  const as = (name: string) => database.ownerUrl.replace(/\/\/[^@]+@/, `//${name}:${PASSWORD}@`);
  const url = { web: as(role.web), worker: as(role.worker) };
  const unhurried = { max: 4, connectTimeoutMs: 60_000 };
  const db = { web: openDb(url.web, unhurried), worker: openDb(url.worker, unhurried) };
  return {
    both: database.db,
    db,
    url,
    role,
    ownerUrl: database.ownerUrl,
    async [Symbol.asyncDispose]() {
      await Promise.all(Object.values(db).map((client) => client.$disconnect()));
      // Its grants go with the database.
      await database[Symbol.asyncDispose]();
      await execute(inject('clusterUrl').replace('{database}', 'postgres'), `DROP ROLE ${users.join(', ')}`);
    },
  };
}
