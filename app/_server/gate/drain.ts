import { subscribe } from 'node:diagnostics_channel';
import type { Server, ServerResponse } from 'node:http';

const POLL_MS = 250;
/** A proxy that has sent nothing for this long has stopped routing to this server, in milliseconds. */
const QUIET_PERIOD_MS = 500;
/** An event-loop tick shorter than this ran no request handler, in milliseconds. */
const IDLE_TICK_MS = 2;
/** Grace period for keep-alive connections after SIGTERM, in milliseconds; platforms wait several times as long before SIGKILL. */
const SHUTDOWN_GRACE_MS = 5_000;

/**
 * Shuts the server down gracefully after SIGTERM. Next closes every idle connection as soon as it stops listening; a proxy that is sending
 * on one gets a reset and answers 502. So the server keeps accepting for a grace period, answers with `Connection: close`, and closes idle
 * connections when the period ends or no request arrives any more. Called once at startup. Servers are found by their responses and not by
 * their requests: Next listens before it runs instrumentation, and the first health check may have arrived by then.
 */
export function drainConnectionsOnShutdown(graceMs = SHUTDOWN_GRACE_MS): void {
  const servers = new Set<Server>();
  let ending = false;
  let last = -Infinity;
  subscribe('http.server.request.start', (message) => {
    last = performance.now();
    if (ending) (message as { response: ServerResponse }).response.shouldKeepAlive = false;
  });
  subscribe('http.server.response.finish', (message) => {
    const { server } = message as { server: Server };
    // A server without an earlier response was closed at once: close its idle connections too.
    if (ending && !servers.has(server)) setImmediate(() => server.closeIdleConnections());
    servers.add(server);
  });
  const end = (waitMs: number) => {
    ending = true;
    for (const server of servers) delayClose(server, waitMs, () => last);
  };
  // Before Next's own listener, which closes the server. Ctrl-C (SIGINT) does not wait.
  process.prependOnceListener('SIGTERM', () => end(graceMs));
  process.prependOnceListener('SIGINT', () => end(0));
}

/**
 * Delays `close` until no request arrives any more or the grace period ends. Connections that are not yet accepted are reset when a server
 * stops listening, so it closes when that is least likely: after a quiet period, or right after an idle event-loop tick.
 */
function delayClose(server: Server, waitMs: number, lastRequest: () => number): void {
  const close = server.close.bind(server);
  server.close = (done) => {
    const until = performance.now() + waitMs;
    const stop = () => {
      close(done);
      setInterval(() => server.closeIdleConnections(), POLL_MS).unref();
    };
    const closeOnIdleTick = (began: number): unknown =>
      setImmediate(() => {
        const now = performance.now();
        return now - began > IDLE_TICK_MS && now < until + waitMs ? closeOnIdleTick(now) : void stop();
      });
    const checkIdle = () =>
      server.getConnections((_, open) => {
        const now = performance.now();
        if (now > until || (open === 0 && now - lastRequest() > QUIET_PERIOD_MS)) closeOnIdleTick(now);
        else setTimeout(checkIdle, POLL_MS);
      });
    checkIdle();
    return server;
  };
}
