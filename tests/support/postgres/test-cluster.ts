import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFolder, memoryFolder } from './scratch-folder.ts';
import { startCluster, type Cluster } from './postgres.ts';

/** No durability is needed; halves the duration of the suite. */
const CARELESS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

interface TestClusterOptions {
  /** Durable settings, for realistic timing. */
  durable?: boolean;
  superuser?: string;
  settings?: Record<string, string>;
}

/** Starts a temporary server; `stop` removes it. */
export async function startTestCluster(
  major: 15 | 17 = 17,
  { durable = false, superuser, settings }: TestClusterOptions = {},
): Promise<Cluster> {
  const dir = durable ? await diskFolder('test-pg') : await memoryFolder('test-pg');
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const all = { ...(durable ? {} : CARELESS), max_connections: '200', ...settings };
    const cluster = await startCluster({ dir: join(dir, 'data'), major, superuser, settings: all });
    return { ...cluster, stop: () => cluster.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
