import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

const POLL_MS = 250;
/** How long clients of kept connections have for one more request, in milliseconds; platforms wait several times as long before they kill. */
const GRACE_MS = 5_000;

/**
 * Lets the server end soon after SIGTERM without failing a request. Next then stops listening, which also closes every idle connection at once:
 * a proxy that is just sending on one gets a reset, and answers 502. So the server goes on for a moment and answers each request with
 * `Connection: close`; what is still idle when the grace ends, or when no connection is left, is closed.
 * Called once at boot. Servers are known by their answers and not by their requests: Next listens before it boots, and the request of the
 * first health check may have come by then.
 */
export function drainConnectionsAtEnd(graceMs = GRACE_MS): void {
  const servers = new Set<Server>();
  let ending = false;
  subscribe('http.server.request.start', (message) => {
    if (ending) (message as { response: ServerResponse }).response.shouldKeepAlive = false;
  });
  subscribe('http.server.response.finish', (message) => {
    const { server, response } = message as { server: Server; response: ServerResponse };
    servers.add(server);
    // One that was on its way when the end came has promised to keep the connection.
    if (ending && response.shouldKeepAlive) setImmediate(() => server.closeIdleConnections());
  });
  const end = (waitMs: number) => {
    ending = true;
    for (const server of servers) postpone(server, waitMs);
  };
  // Before Next's own listener, which closes the server. Whoever presses Ctrl-C does not want to wait.
  process.prependOnceListener('SIGTERM', () => end(graceMs));
  process.prependOnceListener('SIGINT', () => end(0));
}

/** Makes `close` wait until no connection is left, or the time is over. */
function postpone(server: Server, waitMs: number): void {
  const close = server.close.bind(server);
  server.close = (done) => {
    const until = performance.now() + waitMs;
    const look = () =>
      server.getConnections((_, open) => {
        if (open > 0 && performance.now() < until) return void setTimeout(look, POLL_MS);
        close(done);
        setInterval(() => server.closeIdleConnections(), POLL_MS).unref();
      });
    look();
    return server;
  };
}
