import { COMMANDS } from '#lib/release/contract.ts';
import { waitUntilHealthy } from '../../support/process/health.ts';
import { startProcess } from '../../support/process/processes.ts';
import type { Site } from './test.ts';

/** Starts another web server on the site's database, for what one set of variables cannot show. */
export async function startSecondServer(site: Site, port: number, env: Record<string, string>) {
  const web = startProcess('sh', ['-c', COMMANDS.start], {
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL: site.urls.DATABASE_URL,
      NEXTAUTH_SECRET: 'of-a-server-that-only-one-test-has-started',
      ...env,
    },
  });
  const origin = `http://127.0.0.1:${port}`;
  try {
    await waitUntilHealthy(origin, web);
  } catch (error) {
    await web.stop();
    throw error;
  }
  return { origin, output: () => web.output(), [Symbol.asyncDispose]: () => web.stop() };
}
