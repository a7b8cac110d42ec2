import 'server-only';
import NextAuth from 'next-auth';
import { fail } from '#lib/errors.ts';
import { answering } from '../http/api.ts';
import { authOptions } from './auth.ts';
import { replaceBadCallbackCookie } from './callback-cookie.ts';
import { endSession } from './cookie-session.ts';
import { sessionCookie } from '../http/cookies.ts';
import { asProblem, asReading, authBodyFault, authFault } from './next-auth-response.ts';
import { problem } from '../http/problem.ts';

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

/** What the app and its scripts use. Beyond that NextAuth has `_log`, where any visitor may write into our log, and pages that we do not show. */
const ACTIONS = new Set(['csrf', 'providers', 'signin', 'callback', 'signout', 'session', 'error']);

/**
 * NextAuth's own endpoints. It swallows the errors of its sign-out event, so the session is ended and audited here, before the answer
 * that clears the cookie is let out: when that fails the person gets a 500 and keeps a cookie that still says the truth.
 */
export function nextAuth(request: Request, context: Context): Promise<Response> {
  return answering(async () => {
    const { nextauth } = await context.params;
    const [action = ''] = nextauth;
    if (!ACTIONS.has(action)) return problem(fail('not_found', 'There is no such endpoint.'));
    const fault = authFault(request, nextauth) ?? (await authBodyFault(request));
    if (fault !== null) return fault;
    await replaceBadCallbackCookie();
    const handler = NextAuth(authOptions()) as (request: Request, context: Context) => Promise<Response>;
    const response = await handler(asReading(request), context);
    if (action === 'signout' && clearsSession(response)) await endSession();
    return asProblem(response);
  })(request);
}

function clearsSession(response: Response): boolean {
  const prefix = `${sessionCookie().name}=;`;
  return response.headers.getSetCookie().some((cookie) => cookie.startsWith(prefix));
}
