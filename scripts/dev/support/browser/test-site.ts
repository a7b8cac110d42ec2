import { COMMANDS } from '#lib/release/contract.ts';
import { isBuilt } from '../checks/build.ts';
import { prepareDatabase, type DatabaseUrls } from '../../../../tests/support/postgres/named-database.ts';
import { waitUntilHealthy } from '../../../../tests/support/process/health.ts';
import { freePort } from '../../../../tests/support/postgres/postgres.ts';
import { startProcess } from '../../../../tests/support/process/processes.ts';
import { makeSecrets, seedEnv, type Secrets } from '../../../../tests/support/process/secrets.ts';
import { startTestCluster } from '../../../../tests/support/postgres/test-cluster.ts';

/** The built app on a fresh database with the three demo accounts; for end-to-end tests and screenshots. */
export interface TestSite {
  origin: string;
  urls: DatabaseUrls;
  accounts: Secrets['accounts'];
  /** NEXTAUTH_SECRET of the site, from which its signing key is derived. */
  secret: string;
  /** The process group of the web server. */
  group: number;
  /** Start-up time until the first healthy response. */
  bootMs: number;
  stop: () => Promise<void>;
}

/**
 * Starts database and web server as a deployment does: migrate, seed, serve.
 * @param env more variables for the web server.
 * @throws when the app was not built from the sources as they are now.
 */
export async function startTestSite(env: Record<string, string> = {}): Promise<TestSite> {
  if (!(await isBuilt())) throw new Error('The build is missing or old: node scripts/dev/build-changed.ts');
  await using running = new AsyncDisposableStack();
  const cluster = await startTestCluster();
  running.defer(() => cluster.stop());

  const secrets = makeSecrets();
  const urls = await prepareDatabase(cluster, 'golive', secrets);
  await complete(COMMANDS.migrate, { ...urls });
  await complete('node prisma/seed.ts --demo-events', { ...urls, ...seedEnv(secrets.accounts) });

  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const web = startProcess('sh', ['-c', COMMANDS.start], {
    env: {
      NODE_ENV: 'production',
      PORT: String(port),
      DATABASE_URL: urls.DATABASE_URL,
      NEXTAUTH_SECRET: secrets.nextAuth,
      NEXTAUTH_URL: origin,
      ...env,
    },
  });
  let wanted = true;
  running.defer(() => {
    wanted = false;
    return web.stop();
  });
  // Reports a server crash instead of refused connections.
  void web.ended.then((code) => {
    if (wanted) console.error(`the web server ended with exit code ${code} in mid-test:\n${web.output()}`);
  });
  await waitUntilHealthy(origin, web);
  const bootMs = performance.now() - started;
  const stack = running.move();
  const secret = env.NEXTAUTH_SECRET ?? secrets.nextAuth;
  return { origin, urls, accounts: secrets.accounts, secret, group: web.pid, bootMs, stop: () => stack.disposeAsync() };
}

/** Runs a command. @throws with its output on failure. */
export async function complete(command: string, env: Record<string, string>): Promise<void> {
  const step = startProcess('sh', ['-c', command], { env });
  const code = await step.ended;
  if (code !== 0) throw new Error(`"${command}" ended with exit code ${code}:\n${step.output()}`);
}
