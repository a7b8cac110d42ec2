import { isHttps } from './cookies.ts';
import { newRequestId, PATH_HEADER, REQUEST_ID_HEADER } from './request-id.ts';
import { contentSecurityPolicy, securityHeaders } from './security-headers.ts';

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
