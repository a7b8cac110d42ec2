import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Next does not expose the socket, which has the only client address that cannot be forged. Node publishes every request on a diagnostics
 * channel before any handler runs; there the address is written into a header. The header starts with a secret of this process, so that a
 * header sent by a client is ignored.
 */
export const PEER_HEADER = 'x-golive-peer';

// On globalThis: instrumentation, proxy and pages are separate bundles of one process.
const shared = globalThis as typeof globalThis & { golivePeerSecret?: string };
const internalRequests = new WeakSet<IncomingMessage>();
const secret = () => (shared.golivePeerSecret ??= randomBytes(16).toString('hex'));

/**
 * Starts recording the peer address of every request in a header. Called once at startup. A header that already has the secret is kept:
 * after a redirect of an action Next requests the page from this process, with the headers of the original request.
 */
export function recordPeerAddresses(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    if (readPeer(request.headers[PEER_HEADER]?.toString() ?? null) !== undefined)
      return void internalRequests.add(request);
    request.headers[PEER_HEADER] = `${secret()} ${socket.remoteAddress ?? ''}`;
  });
}

/** True when this process sent the request itself, as part of a client's request. */
export const isInternalRequest = (request: IncomingMessage): boolean => internalRequests.has(request);

/** The peer address of the socket, or undefined when the header is missing or forged. */
export function readPeer(header: string | null): string | undefined {
  const [prefix, address] = header?.split(' ') ?? [];
  return prefix === secret() && address ? address : undefined;
}
