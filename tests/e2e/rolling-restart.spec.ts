import { Agent, get } from 'node:http';
import { COMMANDS } from '#lib/release/contract.ts';
import { freePort } from '../support/postgres/postgres.ts';
import { answers, startAsPlatform } from './support/platform.ts';
import { expect, test, type Site } from './support/test.ts';

/** `FAULTS=full` sends as many as show what one in two thousand would lose. */
const REQUESTS = process.env.FAULTS === 'full' ? 20_000 : 1_500;
const AT_ONCE = 3;
/** Not health, which may call a busy machine unwell. */
const PATHS = ['/api/agent/schema', '/login'];

/** One of the servers, as a proxy sees it: an address, with connections that are kept for the next request. */
interface Backend {
  port: number;
  agent: Agent;
}

/** Thrown where nothing was listening: a proxy takes the next server, since nothing was sent. */
class Refused extends Error {}

const forward = ({ port, agent }: Backend, path: string) =>
  new Promise<number>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    }).on('error', (error: NodeJS.ErrnoException) => reject(error.code === 'ECONNREFUSED' ? new Refused() : error));
  });

/** In turn, as a proxy that knows nothing of the servers but what their connections tell. */
function roundRobin(backends: readonly Backend[]) {
  let turn = 0;
  return async (path: string): Promise<number> => {
    const first = turn++ % backends.length;
    for (const backend of [...backends.slice(first), ...backends.slice(0, first)]) {
      try {
        return await forward(backend, path);
      } catch (error) {
        if (!(error instanceof Refused)) return 502;
      }
    }
    return 503;
  };
}

async function startServer(site: Site, port: number) {
  const server = startAsPlatform(COMMANDS.start, site, { PORT: String(port) });
  await expect.poll(() => answers(`http://127.0.0.1:${port}/api/health`), server.output()).toBe(true);
  return server;
}

test(`two servers behind a round-robin proxy are restarted one after the other, and none of ${REQUESTS} requests fails`, async ({
  site,
}) => {
  await using stack = new AsyncDisposableStack();
  const ports = [await freePort(), await freePort()];
  const servers = await Promise.all(ports.map(async (port) => stack.use(await startServer(site, port))));
  const backends = ports.map((port) => ({ port, agent: new Agent({ keepAlive: true }) }));
  stack.defer(() => backends.forEach(({ agent }) => agent.destroy()));
  const ask = roundRobin(backends);

  const statuses = new Map<number, number>();
  let sent = 0;
  let restarted = false;
  // The proxy is busy until both are new, however long that takes here.
  const lane = async () => {
    while (sent < REQUESTS || !restarted) {
      const status = await ask(PATHS[sent++ % PATHS.length] ?? '/');
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  const lanes = Array.from({ length: AT_ONCE }, lane);
  for (const [index, port] of ports.entries()) {
    await expect.poll(() => sent).toBeGreaterThan(((index + 1) * REQUESTS) / 4);
    servers[index]?.terminate();
    await servers[index]?.ended;
    stack.use(await startServer(site, port));
  }
  restarted = true;
  await Promise.all(lanes);
  expect(Object.fromEntries(statuses)).toEqual({ 200: sent });
  expect(sent).toBeGreaterThanOrEqual(REQUESTS);
});
