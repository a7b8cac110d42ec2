import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { prepareDatabase } from './postgres/named-database.ts';
import { memoryFolder } from './postgres/scratch-folder.ts';
import { freePort, startCluster } from './postgres/postgres.ts';
import { PASSWORD } from './cluster.ts';

/** A migrated server of a test's own, which may be stopped and started while others go on with theirs. */
export interface OwnCluster extends AsyncDisposable {
  appUrl: string;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function ownCluster(): Promise<OwnCluster> {
  const root = await memoryFolder('own-pg');
  // What was committed must survive the stop, so this one keeps PostgreSQL's own settings.
  const options = { dir: join(root, 'data'), port: await freePort(), password: PASSWORD };
  let running = await startCluster(options);
  const urls = await prepareDatabase(running, 'own', { owner: PASSWORD, app: PASSWORD });
  await promisify(execFile)('npm', ['run', 'db:migrate:prod'], { env: { ...process.env, ...urls } });
  return {
    appUrl: urls.DATABASE_URL,
    stop: () => running.stop(),
    async start() {
      running = await startCluster(options);
    },
    async [Symbol.asyncDispose]() {
      await running.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}
