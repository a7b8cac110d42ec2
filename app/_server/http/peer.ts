import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Next hides the socket, and with it the only client address that nobody can invent. Node announces every request on a diagnostics
 * channel before any handler sees it; there the address is put into a header. The header starts with a secret of this process, so a
 * client that sends the header itself is not believed, not even in the moment before the subscription.
 */
export const PEER_HEADER = 'x-golive-peer';

// On globalThis: instrumentation, proxy and pages are separate bundles of one process.
const shared = globalThis as typeof globalThis & { golivePeerSecret?: string };
const ownRequests = new WeakSet<IncomingMessage>();
const secret = () => (shared.golivePeerSecret ??= randomBytes(16).toString('hex'));

/**
 * Starts marking requests with the address of their socket. Called once at boot. A mark with the secret is left alone: where an action
 * redirects, Next asks this process for the page itself, with the headers of whoever sent the form.
 */
export function markPeers(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, socket } = message as { request: IncomingMessage; socket: Socket };
    if (readPeer(request.headers[PEER_HEADER]?.toString() ?? null) !== undefined) return void ownRequests.add(request);
    request.headers[PEER_HEADER] = `${secret()} ${socket.remoteAddress ?? ''}`;
  });
}

/** Whether this process itself sent a request, on behalf of a client whose own request is still under way. */
export const isOwn = (request: IncomingMessage): boolean => ownRequests.has(request);

/** The address of the socket's other end, or undefined when the header is missing or forged. */
export function readPeer(header: string | null): string | undefined {
  const [proof, address] = header?.split(' ') ?? [];
  return proof === secret() && address ? address : undefined;
}
