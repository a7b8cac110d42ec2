import { NextResponse, type NextRequest } from 'next/server';
import { expectedFormHost } from './app/_server/http/form-origin.ts';
import { createStandardHeaders } from './app/_server/http/security-headers.ts';
import { env } from './lib/env.ts';

const FOREIGN_FORM = (configured: string) =>
  `This form was sent from another address than ${configured}. Open that one and send it there.\n` +
  `Форма отправлена с другого адреса. Откройте ${configured} и отправьте её там.\n`;

/**
 * Headers, and where a form came from; nothing else. It never decides who may see what: a proxy has been skipped by a forged header before
 * (CVE-2025-29927), so every page, handler and action asks for itself, and Next compares the origin of a form once more.
 */
export function proxy(request: NextRequest): NextResponse {
  const marks = createStandardHeaders(request.nextUrl.pathname + request.nextUrl.search);

  const headers = new Headers(request.headers);
  headers.delete('x-middleware-subrequest');
  for (const [name, value] of Object.entries(marks.request)) headers.set(name, value);

  const response = answer(request, headers);
  for (const [name, value] of Object.entries(marks.response)) response.headers.set(name, value);
  return response;
}

/** Passes the request on with the configured host, unless it is a form of another address. */
function answer({ method, nextUrl, headers: given }: NextRequest, headers: Headers): NextResponse {
  const configured = env().NEXTAUTH_URL;
  if (configured === undefined) return NextResponse.next({ request: { headers } });
  // The APIs have guards of their own, and an identity provider may send its answer as a form.
  const isForm = !['GET', 'HEAD'].includes(method) && !nextUrl.pathname.startsWith('/api/');
  const sentTo = given.get('x-forwarded-host')?.split(',')[0]?.trim() ?? given.get('host');
  const host = expectedFormHost(configured, { origin: isForm ? given.get('origin') : null, host: sentTo });
  if (host === null) {
    const type = { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' };
    return new NextResponse(FOREIGN_FORM(configured), { status: 403, headers: type });
  }
  // Next compares the Origin of a form with this, and would else take whatever a proxy made of `Host`.
  headers.set('x-forwarded-host', host);
  return NextResponse.next({ request: { headers } });
}

/**
 * Next keeps the body of whatever comes through here until its end has come, so the one address with large bodies stays outside:
 * app/_server/gate/request-body-limits.ts marks those requests.
 */
export const config = { matcher: '/((?!_next/static/|api/agent/events/?$).*)' };
