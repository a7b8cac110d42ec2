/** `node scripts/dev/build-changed.ts`: `npm run build`, unless the sources are unchanged since the last build. */
import { spawnSync } from 'node:child_process';
import { fingerprint, isBuilt, stampBuild } from './support/checks/build.ts';
import { runCommand } from '../support/run-command.ts';

const USAGE = `node scripts/dev/build-changed.ts    npm run build, unless the last build was made from the same sources
Exit: 0 there is a build of these sources, 1 it failed, 2 wrong use.`;

async function main(): Promise<number> {
  if (await isBuilt()) {
    console.log('the last build was made from these sources');
    return 0;
  }
  const sources = await fingerprint();
  const { status } = spawnSync('next', ['build'], {
    stdio: 'inherit',
    // Includes the standalone output of the image, so that one build serves both.
    env: { ...process.env, NODE_ENV: 'production', BUILD_STANDALONE: 'true' },
  });
  if (status === 0) await stampBuild(sources);
  return status ?? 1;
}

await runCommand({ name: 'build-changed', usage: USAGE }, main);
