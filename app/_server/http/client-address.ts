import { isIP } from 'node:net';

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * The client's IP address. Each trusted proxy appends one entry to X-Forwarded-For, so with `trusted` proxies the client is that many
 * places from the right of [...X-Forwarded-For, peer]. Entries further left are written by the client and ignored.
 * @param forwardedFor the X-Forwarded-For header, or null.
 * @param peer the socket's other end, or undefined when unknown.
 * @param trusted `TRUSTED_PROXY_COUNT`.
 * @returns an address without a port, or undefined when there is none that can be trusted.
 */
export function clientAddress(
  forwardedFor: string | null,
  peer: string | undefined,
  trusted: number,
): string | undefined {
  const entries = forwardedFor === null ? [] : forwardedFor.split(',').map((entry) => entry.trim());
  const chain = [...entries, peer ?? ''];
  // A shorter chain than configured did not pass the proxies: use the peer address, never the header.
  const entry = chain.length > trusted ? chain[chain.length - 1 - trusted] : peer;
  return normalise(entry ?? '');
}

function normalise(entry: string): string | undefined {
  const bare = entry.replace(/^\[([^\]]+)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const address = MAPPED.exec(bare)?.[1] ?? bare;
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}
