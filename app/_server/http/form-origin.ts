import { isIP } from 'node:net';

/** Where a request says it comes from, and where it was sent. */
interface Sent {
  /** The Origin header. */
  origin: string | null;
  /** `X-Forwarded-Host`, or `Host` without it. */
  host: string | null;
}

/**
 * The host that a form must have been sent from, for Next to compare with its Origin: the configured one, whatever a proxy made of `Host`.
 * Null when the form comes from elsewhere. An installation on one's own machine is also reached by its numbers: where the configured
 * address is the loopback one, an Origin equal to a Host that is `localhost` or an IP address is ours as well; a name of somebody's is not.
 * @param configured NEXTAUTH_URL.
 */
export function formHost(configured: string, { origin, host }: Sent): string | null {
  const ours = new URL(configured);
  if (origin === null || origin === ours.origin) return ours.host;
  const here = host === null ? null : URL.parse(`http://${host}`);
  if (here === null || !isLoopback(ours.hostname) || !isNumeric(here.hostname)) return null;
  return origin === here.origin ? here.host : null;
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');
const isLoopback = (hostname: string) => hostname === 'localhost' || /^(127\.|::1$)/.test(bare(hostname));
const isNumeric = (hostname: string) => hostname === 'localhost' || isIP(bare(hostname)) !== 0;
