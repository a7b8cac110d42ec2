import { subscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';

const LOOK_MS = 250;

/**
 * Lets the server end soon after SIGTERM. Next then takes no new connection and waits for the ones there are, but a connection that was
 * answering at that moment stays open for the whole keep-alive time: longer than a platform waits before it kills.
 * Called once at boot. Servers are known by their answers and not by their requests: Next listens before it boots, and the request of the
 * first health check may have come by then.
 */
export function closeIdleConnectionsAtEnd(): void {
  const servers = new Set<Server>();
  subscribe('http.server.response.finish', (message) => servers.add((message as { server: Server }).server));
  const close = () => servers.forEach((server) => server.closeIdleConnections());
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => void setInterval(close, LOOK_MS).unref());
}
