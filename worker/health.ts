import { createServer, type Server } from 'node:http';
import { WORKER_CHECK_PATH } from '#lib/release/contract.ts';
import { hasBegun, isReady, isStuck, type Status } from './status.ts';

/**
 * Answers probes on a port of its own: `/alive` (the process turns), `/ready` (it takes work), `/stuck` (503 when work waits and none is
 * picked up: restart it), `/working` (503 until it has once been ready, then as `/stuck`: for a platform with one probe, which must neither
 * take a worker that never came up for a good one nor end one because the database is away), and `/` with everything, 503 when not ready
 * or stuck.
 */
export function serveHealth(
  { port, host }: { port: number; host?: string | undefined },
  status: Status,
): Promise<Server> {
  const server = createServer((request, response) => {
    const report = {
      alive: true,
      begun: hasBegun(status),
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
