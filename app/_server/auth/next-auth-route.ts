import 'server-only';
import NextAuth from 'next-auth';
import { fail } from '#lib/errors.ts';
import { withErrorResponses } from '../http/api.ts';
import { authOptions } from './auth.ts';
import { replaceBadCallbackCookie } from './callback-cookie.ts';
import { endCurrentSession } from './cookie-session.ts';
import { sessionCookie } from '../http/cookies.ts';
import { asProblemResponse, asGetRequest, authBodyFault, rejectAuthRequest } from './next-auth-response.ts';
import { problem } from '../http/problem.ts';

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

/** Endpoints that the app uses. NextAuth also has `_log`, through which any visitor could write to our log, and pages that we do not use. */
const ACTIONS = new Set(['csrf', 'providers', 'signin', 'callback', 'signout', 'session', 'error']);

/**
 * Handler of NextAuth's endpoints. NextAuth swallows errors of its sign-out event, so the session is ended and audited here, before the
 * response that clears the cookie: when that fails, the user gets a 500 and stays signed in.
 */
export function nextAuth(request: Request, context: Context): Promise<Response> {
  return withErrorResponses(async () => {
    const { nextauth } = await context.params;
    const [action = ''] = nextauth;
    if (!ACTIONS.has(action)) return problem(fail('not_found', 'There is no such endpoint.'));
    const fault = rejectAuthRequest(request, nextauth) ?? (await authBodyFault(request));
    if (fault !== null) return fault;
    await replaceBadCallbackCookie();
    const handler = NextAuth(authOptions()) as (request: Request, context: Context) => Promise<Response>;
    const response = await handler(asGetRequest(request), context);
    if (action === 'signout' && clearsSession(response)) await endCurrentSession();
    return asProblemResponse(response);
  })(request);
}

function clearsSession(response: Response): boolean {
  const prefix = `${sessionCookie().name}=;`;
  return response.headers.getSetCookie().some((cookie) => cookie.startsWith(prefix));
}
