import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

const POLL_MS = 250;
/** A proxy that has sent nothing for as long has taken the server off its list, in milliseconds. */
const CALM_MS = 500;
/** A turn of the event loop that took less ran no handler, in milliseconds. */
const SHORT_TURN_MS = 2;
/** How long clients of kept connections have for one more request, in milliseconds; platforms wait several times as long before they kill. */
const GRACE_MS = 5_000;

/**
 * Lets the server end soon after SIGTERM without failing a request. Next then stops listening, which also closes every idle connection at once:
 * a proxy that is just sending on one gets a reset, and answers 502. So the server goes on for a moment and answers each request with
 * `Connection: close`; what is still idle when the grace ends, or when nobody comes any more, is closed.
 * Called once at boot. Servers are known by their answers and not by their requests: Next listens before it boots, and the request of the
 * first health check may have come by then.
 */
export function drainConnectionsAtEnd(graceMs = GRACE_MS): void {
  const servers = new Set<Server>();
  let ending = false;
  let last = -Infinity;
  subscribe('http.server.request.start', (message) => {
    last = performance.now();
    if (ending) (message as { response: ServerResponse }).response.shouldKeepAlive = false;
  });
  subscribe('http.server.response.finish', (message) => {
    const { server } = message as { server: Server };
    // One that answered nothing before the end was closed without waiting: nobody else comes on this connection.
    if (ending && !servers.has(server)) setImmediate(() => server.closeIdleConnections());
    servers.add(server);
  });
  const end = (waitMs: number) => {
    ending = true;
    for (const server of servers) postpone(server, waitMs, () => last);
  };
  // Before Next's own listener, which closes the server. Whoever presses Ctrl-C does not want to wait.
  process.prependOnceListener('SIGTERM', () => end(graceMs));
  process.prependOnceListener('SIGINT', () => end(0));
}

/**
 * Makes `close` wait until nobody comes any more, or the time is over. What has connected and not been accepted when a server stops listening
 * is reset, so it stops where that is least likely: when no request came for a while, or else right after a turn of the event loop that
 * had nothing to do but to accept.
 */
function postpone(server: Server, waitMs: number, lastRequest: () => number): void {
  const close = server.close.bind(server);
  server.close = (done) => {
    const until = performance.now() + waitMs;
    const stop = () => {
      close(done);
      setInterval(() => server.closeIdleConnections(), POLL_MS).unref();
    };
    const stopAfterShortTurn = (began: number): unknown =>
      setImmediate(() => {
        const now = performance.now();
        return now - began > SHORT_TURN_MS && now < until + waitMs ? stopAfterShortTurn(now) : void stop();
      });
    const look = () =>
      server.getConnections((_, open) => {
        const now = performance.now();
        if (now > until || (open === 0 && now - lastRequest() > CALM_MS)) stopAfterShortTurn(now);
        else setTimeout(look, POLL_MS);
      });
    look();
    return server;
  };
}
