import { isHttps } from './cookies.ts';
import { newRequestId, PATH_HEADER, REQUEST_ID_HEADER } from './request-id.ts';
import { contentSecurityPolicy, securityHeaders } from './security-headers.ts';

/** What every request is given, and every response. */
export interface Marks {
  /** For handlers and pages, in place of what the client sent under these names. */
  request: Record<string, string>;
  response: Record<string, string>;
}

/** A new request id and a new nonce, with the headers that carry them. @param path the path and query that were asked for. */
export function newMarks(path: string): Marks {
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
