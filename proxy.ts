import { NextResponse, type NextRequest } from 'next/server';
import { newMarks } from './app/_server/marks.ts';

/**
 * Headers, and nothing else. It never decides who may see what: a proxy has been skipped by a forged header before (CVE-2025-29927), so
 * every page, handler and action asks for itself.
 */
export function proxy(request: NextRequest): NextResponse {
  const marks = newMarks(request.nextUrl.pathname + request.nextUrl.search);

  const headers = new Headers(request.headers);
  headers.delete('x-middleware-subrequest');
  for (const [name, value] of Object.entries(marks.request)) headers.set(name, value);

  const response = NextResponse.next({ request: { headers } });
  for (const [name, value] of Object.entries(marks.response)) response.headers.set(name, value);
  return response;
}

/**
 * Next keeps the body of whatever comes through here until its end has come, so the one address with large bodies stays outside:
 * app/_server/body-gate.ts marks those requests.
 */
export const config = { matcher: '/((?!_next/static/|api/agent/events/?$).*)' };
