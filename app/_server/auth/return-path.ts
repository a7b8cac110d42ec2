const BASE = 'http://return.invalid';
/** Pages that would cause a redirect loop, and paths that are not pages. */
const NOT_A_DESTINATION = /^\/(login|api|403)(\/|$)/;

/**
 * Reduces a callback URL to a path of this app (no open redirects). Browsers read a backslash as a slash and drop tabs and line breaks
 * inside a URL, so URLs with these are rejected before parsing; the rest is parsed by the WHATWG parser, as in the browser.
 * @param value a path, or an absolute URL of `origin`.
 * @returns a path with its query that starts with exactly one slash; `/` when the value cannot be trusted.
 */
export function returnPath(value: string | null | undefined, origin: string = BASE): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is being looked for
  if (!value || value.length > 2048 || /[\u0000-\u0020\u007f\\]/.test(value)) return '/';
  const absolute = value.startsWith('/') ? undefined : value;
  if (absolute === undefined && value.startsWith('//')) return '/';
  const url = URL.parse(value, absolute === undefined ? BASE : undefined);
  // A blob: URL has the origin of the page that made it.
  if (!url || !/^https?:$/.test(url.protocol)) return '/';
  if (url.origin !== (absolute === undefined ? BASE : origin) || url.username || url.password) return '/';
  if (url.pathname.startsWith('//') || NOT_A_DESTINATION.test(url.pathname)) return '/';
  return url.pathname + url.search + url.hash;
}
