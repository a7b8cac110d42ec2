import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { execute, startCluster } from '../../scripts/support/postgres.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the cluster, with `{database}` in place of a name. */
    clusterUrl: string;
  }
}

export const TEMPLATE = 'golive_template';
export const OWNER = 'golive_owner';
export const APP = 'golive_app';
export const PASSWORD = 'test-only';

const run = promisify(execFile);

/**
 * One embedded server for the whole run, with a migrated template that every test file clones. `PG_MAJOR=15` runs the same tests
 * on the oldest server the data layer supports.
 */
export default async function setup(project: TestProject) {
  // PostgreSQL refuses root, so the directory must be one that another user can reach.
  const dir = await mkdtemp(join(tmpdir(), 'golive-test-pg-'));
  await chmod(dir, 0o755);
  const cluster = await startCluster({
    dir: join(dir, 'data'),
    major: process.env.PG_MAJOR === '15' ? 15 : 17,
    throwAway: true,
    // Nothing here must survive a crash of the machine; it halves the time of the suite.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
  });
  await execute(
    cluster.url(),
    `CREATE ROLE ${OWNER} LOGIN CREATEROLE PASSWORD '${PASSWORD}'`,
    `CREATE ROLE ${APP} LOGIN PASSWORD '${PASSWORD}'`,
    `CREATE DATABASE ${TEMPLATE} OWNER ${OWNER}`,
  );
  const as = (role: string) => cluster.url(TEMPLATE).replace(/\/\/[^@]+@/, `//${role}:${PASSWORD}@`);
  await run('npm', ['run', 'db:migrate:prod'], {
    env: { ...process.env, DATABASE_URL: as(APP), MIGRATE_DATABASE_URL: as(OWNER) },
  });
  project.provide('clusterUrl', cluster.url('{database}'));
  return async () => {
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  };
}
