/** `node scripts/build-changed.ts`: `npm run build`, unless the last build was made from the same sources. */
import { spawnSync } from 'node:child_process';
import { isBuilt, stampBuild } from './support/build.ts';

async function main() {
  if (await isBuilt()) {
    console.log('the last build was made from these sources');
    return;
  }
  const { status } = spawnSync('next', ['build'], {
    stdio: 'inherit',
    env: { ...process.env, NODE_ENV: 'production' },
  });
  if (status === 0) await stampBuild();
  process.exitCode = status ?? 1;
}

await main();
