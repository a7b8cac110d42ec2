import 'server-only';
import NextAuth from 'next-auth';
import { answering } from './api.ts';
import { authOptions } from './auth.ts';
import { endSession } from './cookie-session.ts';
import { sessionCookie } from './cookies.ts';

interface Context {
  params: Promise<{ nextauth: string[] }>;
}

/**
 * NextAuth's own endpoints. It swallows the errors of its sign-out event, so the session is ended and audited here, before the answer
 * that clears the cookie is let out: when that fails the person gets a 500 and keeps a cookie that still says the truth.
 */
export function nextAuth(request: Request, context: Context): Promise<Response> {
  return answering(async () => {
    const handler = NextAuth(authOptions()) as (request: Request, context: Context) => Promise<Response>;
    const response = await handler(request, context);
    const [action] = (await context.params).nextauth;
    if (action === 'signout' && clearsSession(response)) await endSession();
    return response;
  })(request);
}

function clearsSession(response: Response): boolean {
  const prefix = `${sessionCookie().name}=;`;
  return response.headers.getSetCookie().some((cookie) => cookie.startsWith(prefix));
}
