import { createServer, type Server } from 'node:http';
import { WORKER_CHECK_PATH } from '#lib/release/contract.ts';
import { hasBeenReady, isReady, isStuck, type Status } from './status.ts';

/**
 * Health endpoints on a separate port: `/alive` (the process runs), `/ready` (it accepts jobs),
 * `/stuck` (503 when jobs wait and none is fetched: restart it), `/working` (503 until it has once been ready, then like
 * `/stuck`: for platforms with a single probe), and `/` with all states, 503 when not ready or stuck.
 */
export function serveHealth(
  { port, host }: { port: number; host?: string | undefined },
  status: Status,
): Promise<Server> {
  const server = createServer((request, response) => {
    const report = {
      alive: true,
      begun: hasBeenReady(status),
      ready: isReady(status),
      stuck: isStuck(status),
      waitSeconds: status.waitSeconds,
    };
    const healthy = HEALTHY[request.url?.split('?')[0] ?? '/'];
    response.writeHead(healthy === undefined ? 404 : healthy(report) ? 200 : 503, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
    });
    response.end(JSON.stringify(report));
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => resolve(server));
  });
}

const HEALTHY: Record<string, (report: { begun: boolean; ready: boolean; stuck: boolean }) => boolean> = {
  '/alive': () => true,
  '/ready': ({ ready }) => ready,
  '/stuck': ({ stuck }) => !stuck,
  [WORKER_CHECK_PATH]: ({ begun, stuck }) => begun && !stuck,
  '/': ({ ready, stuck }) => ready && !stuck,
};
