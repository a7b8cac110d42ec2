import { isIP } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The address of the client as far as it can be believed: each trusted proxy appended one entry, so with `trusted` proxies the client
 * stands that many places from the right of [...X-Forwarded-For, peer]. Anything further left was written by the client.
 * @param forwardedFor the X-Forwarded-For header, or null.
 * @param peer the socket's other end, or undefined when unknown.
 * @param trusted `TRUSTED_PROXY_COUNT`.
 * @returns an address without a port, or undefined when there is none to believe.
 */
export function clientAddress(
  forwardedFor: string | null,
  peer: string | undefined,
  trusted: number,
): string | undefined {
  const entries = forwardedFor === null ? [] : forwardedFor.split(',').map((entry) => entry.trim());
  const chain = [...entries, peer ?? ''];
  // A chain shorter than the configuration promises did not come through the proxies: believe its outermost hop, never the header.
  const entry = chain.length > trusted ? chain[chain.length - 1 - trusted] : peer;
  return normalise(entry ?? '');
}

function normalise(entry: string): string | undefined {
  const bare = entry.replace(/^\[([^\]]+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const address = MAPPED.exec(bare)?.[1] ?? bare;
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}
