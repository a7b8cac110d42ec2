import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { diskFolder, memoryFolder } from './scratch-folder.ts';
import { startCluster, type Cluster } from './postgres.ts';

/** Nothing here must survive a crash of the machine; it halves the time of the suite. */
const CARELESS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/**
 * Starts a server that lives for one run; `stop` removes it.
 * @param durable on the disk and with PostgreSQL's own care for it, where the time matters that a real server would take.
 */
export async function startTestCluster(major: 15 | 17 = 17, { durable = false } = {}): Promise<Cluster> {
  const dir = durable ? await diskFolder('test-pg') : await memoryFolder('test-pg');
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const settings = { ...(durable ? {} : CARELESS), max_connections: '200' };
    const cluster = await startCluster({ dir: join(dir, 'data'), major, settings });
    return { ...cluster, stop: () => cluster.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
