import { spawnSync } from 'node:child_process';
import { isBuilt } from '../../../scripts/dev/support/checks/build.ts';
import { progress } from './server.ts';

/** Builds the app when the last build was made from other sources. @throws when the build fails. */
export async function ensureBuilt(): Promise<void> {
  if (await isBuilt()) return;
  progress('building the app');
  const { status } = spawnSync('node', ['scripts/dev/build-changed.ts'], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error('The build failed: the lines above say why.');
}
