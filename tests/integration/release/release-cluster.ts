import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { execute, startCluster, type Cluster } from '../../support/postgres/postgres.ts';
import { memoryFolder } from '../../support/postgres/scratch-folder.ts';
import { bareEnvironment } from '../../support/host.ts';

// Commands of their own, several in a test: slow on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Ran {
  code: number | null;
  out: string;
}

/** Runs a command of this repository with nothing in its environment but what is given and what belongs to the host. */
export function run(
  command: string,
  args: string[],
  environment: Record<string, string> = {},
  { cwd = ROOT, onStart }: { cwd?: string; onStart?: (pid: number) => void } = {},
): Promise<Ran> {
  const child = spawn(command, args, { cwd, env: bareEnvironment(environment), stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (out += chunk.toString()));
  onStart?.(child.pid ?? 0);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out }));
  });
}

/** A folder that PostgreSQL's own user may reach too; removed by the caller. */
export async function scratch(name: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), `golive-${name}-`));
  await chmod(dir, 0o755);
  return dir;
}

export interface ReleaseCluster {
  cluster: Cluster;
  /** URL of a database as the owner of its tables. */
  owner(database: string): string;
  app(database: string): string;
  create(database: string): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A server of the oldest supported major with the two roles of production: PostgreSQL's client tools may be as old as that, and a
 * client never serves a newer server.
 */
export async function releaseCluster(settings: Record<string, string> = {}): Promise<ReleaseCluster> {
  const dir = await memoryFolder('release-pg');
  const fast = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const cluster = await startCluster({
    dir: join(dir, 'data'),
    major: 15,
    temporary: true,
    settings: { ...fast, ...settings },
  });
  await execute(
    cluster.url(),
    `CREATE ROLE golive_owner LOGIN CREATEROLE PASSWORD 'p%w'`,
    `CREATE ROLE golive_app LOGIN PASSWORD 'p%w'`,
  );
  const as = (role: string, database: string) => cluster.url(database).replace(/\/\/[^@]+@/, `//${role}:p%25w@`);
  return {
    cluster,
    owner: (database) => as('golive_owner', database),
    app: (database) => as('golive_app', database),
    create: (database) => execute(cluster.url(), `CREATE DATABASE "${database}" OWNER golive_owner`),
    async stop() {
      await cluster.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The environment of a migration of a database of the cluster. */
export const migrateEnvironment = (server: ReleaseCluster, database: string) => ({
  DATABASE_URL: server.app(database),
  MIGRATE_DATABASE_URL: server.owner(database),
});
