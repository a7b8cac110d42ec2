import 'server-only';
import { cookies } from 'next/headers';
import { NextRequest, NextResponse } from 'next/server';
import { nextAuth } from './next-auth-route.ts';
import { publicOrigin } from '../http/origin.ts';

/**
 * Starts a sign-in at the provider, as NextAuth's client does: first for a CSRF token, then with it. State, nonce and PKCE are NextAuth's, and
 * so are the cookies that keep them.
 * @returns the provider's URL, or our sign-in page with an error.
 */
export async function startOidcSignIn(callbackUrl: string): Promise<string> {
  const csrf = await callNextAuth(['csrf']);
  const { csrfToken = '' } = (await csrf.json()) as { csrfToken?: string };
  const answer = await callNextAuth(['signin', 'oidc'], { callbackUrl, csrfToken });
  return answer.headers.get('location') ?? '/login?error=unavailable';
}

/** One call of NextAuth within this process. Its cookies are set on the current response and are visible to the next call. */
async function callNextAuth(nextauth: string[], form?: Record<string, string>): Promise<Response> {
  const url = `${await publicOrigin()}/api/auth/${nextauth.join('/')}`;
  const init = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
  const response = await nextAuth(new NextRequest(url, init), { params: Promise.resolve({ nextauth }) });
  const jar = await cookies();
  for (const cookie of new NextResponse(null, { headers: response.headers }).cookies.getAll()) jar.set(cookie);
  return response;
}
