import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster, type Cluster } from './postgres.ts';

/** Starts a server that lives for one run in the temporary folder; `stop` removes it. */
export async function startTestCluster(major: 15 | 17 = 17): Promise<Cluster> {
  // PostgreSQL refuses root, so the directory must be one that another user can reach.
  const dir = await mkdtemp(join(tmpdir(), 'golive-test-pg-'));
  await chmod(dir, 0o755);
  const remove = () => rm(dir, { recursive: true, force: true });
  try {
    const cluster = await startCluster({
      dir: join(dir, 'data'),
      major,
      // Nothing here must survive a crash of the machine; it halves the time of the suite.
      settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' },
    });
    return { ...cluster, stop: () => cluster.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
