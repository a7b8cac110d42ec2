import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { prepareDatabase } from './postgres/named-database.ts';
import { startTestCluster } from './postgres/test-cluster.ts';

export { APP, OWNER } from './postgres/named-database.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Superuser URL of the cluster, with `{database}` in place of a name. */
    clusterUrl: string;
  }
}

export const TEMPLATE = 'golive_template';
export const PASSWORD = 'test-only';

const run = promisify(execFile);

/**
 * One embedded server for the whole run, with a migrated template that every test file clones. `PG_MAJOR=15` runs the same tests
 * on the oldest server the data layer supports.
 */
export default async function setup(project: TestProject) {
  const cluster = await startTestCluster(process.env.PG_MAJOR === '15' ? 15 : 17);
  try {
    const urls = await prepareDatabase(cluster, TEMPLATE, { owner: PASSWORD, app: PASSWORD });
    await run('npm', ['run', 'db:migrate:prod'], { env: { ...process.env, ...urls } });
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  project.provide('clusterUrl', cluster.url('{database}'));
  return () => cluster.stop();
}
