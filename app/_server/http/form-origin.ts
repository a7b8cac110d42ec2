import { isIP } from 'node:net';

/** Origin and target host of a form submission. */
interface FormRequest {
  /** The Origin header. */
  origin: string | null;
  /** `X-Forwarded-Host`, or `Host` without it. */
  host: string | null;
}

/**
 * The host that Next compares with the Origin header of a form (CSRF check): the configured one, whatever a proxy sets as
 * `Host`. Null for cross-origin forms. When the configured address is the loopback address, an Origin equal to a Host that is `localhost`
 * or an IP address is accepted as well; other names are not.
 * @param configured NEXTAUTH_URL.
 */
export function expectedFormHost(configured: string, { origin, host }: FormRequest): string | null {
  const configuredUrl = new URL(configured);
  if (origin === null || origin === configuredUrl.origin) return configuredUrl.host;
  const here = host === null ? null : URL.parse(`http://${host}`);
  if (here === null || !isLoopback(configuredUrl.hostname) || !isNumeric(here.hostname)) return null;
  return origin === here.origin ? here.host : null;
}

const bare = (hostname: string) => hostname.replace(/^\[|\]$/g, '');
const isLoopback = (hostname: string) => hostname === 'localhost' || /^(127\.|::1$)/.test(bare(hostname));
const isNumeric = (hostname: string) => hostname === 'localhost' || isIP(bare(hostname)) !== 0;
