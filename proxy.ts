import { NextResponse, type NextRequest } from 'next/server';
import { isHttps } from './app/_server/cookies.ts';
import { PATH_HEADER, newRequestId, REQUEST_ID_HEADER } from './app/_server/request-id.ts';
import { contentSecurityPolicy, securityHeaders } from './app/_server/security-headers.ts';

/**
 * Headers, and nothing else. It never decides who may see what: a proxy has been skipped by a forged header before (CVE-2025-29927), so
 * every page, handler and action asks for itself.
 */
export function proxy(request: NextRequest): NextResponse {
  const nonce = Buffer.from(crypto.randomUUID()).toString('base64');
  const id = newRequestId();
  const site = { nonce, https: isHttps(), development: process.env.NODE_ENV === 'development' };

  const headers = new Headers(request.headers);
  headers.delete('x-middleware-subrequest');
  headers.set(REQUEST_ID_HEADER, id);
  headers.set(PATH_HEADER, request.nextUrl.pathname + request.nextUrl.search);
  // Next reads the nonce from the request's copy of the policy.
  headers.set('Content-Security-Policy', contentSecurityPolicy(site));

  const response = NextResponse.next({ request: { headers } });
  for (const [name, value] of Object.entries(securityHeaders(site))) response.headers.set(name, value);
  response.headers.set(REQUEST_ID_HEADER, id);
  return response;
}

export const config = { matcher: '/((?!_next/static/).*)' };
