/** Inputs of the response headers. */
interface HeaderOptions {
  /** One per response; Next puts it on every script and style of its own. */
  nonce: string;
  https: boolean;
  development: boolean;
}

/**
 * The content security policy. Scripts run by nonce alone (`strict-dynamic` lets them load their chunks); styles come from our own
 * files, and inline ones need the nonce too. React's development build evaluates code to rebuild stack traces, hence `unsafe-eval` there.
 */
export function contentSecurityPolicy({ nonce, https, development }: HeaderOptions): string {
  const directives = [
    `default-src 'self'`,
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${development ? ` 'unsafe-eval'` : ''}`,
    // Hot reload adds its styles without a nonce.
    `style-src 'self' ${development ? `'unsafe-inline'` : `'nonce-${nonce}'`}`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `connect-src 'self'`,
    `object-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
    ...(https ? ['upgrade-insecure-requests'] : []),
  ];
  return directives.join('; ');
}

/** Security headers of every response. */
export function securityHeaders(site: HeaderOptions): Record<string, string> {
  return {
    'Content-Security-Policy': contentSecurityPolicy(site),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    // Reset links carry a secret in the path. `no-referrer` would also blank the Origin header that server actions are checked by.
    'Referrer-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    ...(site.https ? { 'Strict-Transport-Security': 'max-age=63072000; includeSubDomains' } : {}),
  };
}
