import { isHttps } from './cookies.ts';
import { newRequestId, PATH_HEADER, REQUEST_ID_HEADER } from './request-id.ts';

/** Headers added to every request and response. */
export interface StandardHeaders {
  /** Replace headers of the same names sent by the client. */
  request: Record<string, string>;
  response: Record<string, string>;
}

/** Creates a request id and a CSP nonce with the headers that carry them. @param path path and query of the request. */
export function createStandardHeaders(path: string): StandardHeaders {
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  const id = newRequestId();
  const site = { nonce, https: isHttps(), development: process.env.NODE_ENV === 'development' };
  return {
    request: {
      [REQUEST_ID_HEADER]: id,
      [PATH_HEADER]: path,
      // Next reads the nonce from the request's copy of the policy.
      'content-security-policy': contentSecurityPolicy(site),
    },
    response: { ...securityHeaders(site), [REQUEST_ID_HEADER]: id },
  };
}

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
