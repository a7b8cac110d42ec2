import { isIPv6 } from 'node:net';

/** Groups of 16 bits of an IPv6 address that name a network: a /64 is what one customer gets at least (RFC 6177). */
const NETWORK_GROUPS = 4;

/**
 * The network counted as one client: an IPv4 address, or the /64 of an IPv6 address.
 * @param ip an address without a port, as `clientAddress` gives it.
 */
export function networkOf(ip: string): string {
  if (!isIPv6(ip)) return ip;
  // The URL parser normalises addresses. A zone id is not part of it.
  const [address = ''] = ip.split('%');
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const groups = head === '' ? [] : head.split(':');
  const network =
    tail === undefined ? groups : [...groups, ...zeros(8 - groups.length - count(tail)), ...tail.split(':')];
  return `${network.slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

const zeros = (length: number) => Array.from({ length }, () => '0');
const count = (groups: string) => (groups === '' ? 0 : groups.split(':').length);
