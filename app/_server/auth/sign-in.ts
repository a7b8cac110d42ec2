import 'server-only';
import { cookies } from 'next/headers';
import { NextRequest, NextResponse } from 'next/server';
import { z } from 'zod';
import { fail, ok, type Failure, type Result } from '#lib/errors.ts';
import { nextAuth } from './next-auth-route.ts';
import { publicOrigin } from '../http/origin.ts';

/** Known error codes of `authorize` and NextAuth; anything else is unexpected. */
const code = z
  .enum(['unauthenticated', 'invalid_input', 'unavailable'] satisfies Failure['code'][])
  .catch('unavailable');

/** Signs in through NextAuth for our own form, so that it works without JavaScript. The session cookie is set on the current response. */
export async function signInWith(
  provider: 'credentials' | 'dev-admin',
  fields: Record<string, string> = {},
): Promise<Result<void>> {
  const location = await postWithCsrfToken(['callback', provider], fields);
  const error = location === null ? 'unavailable' : URL.parse(location)?.searchParams.get('error');
  return error ? fail(code.parse(error), 'Sign-in failed.') : ok(undefined);
}

/** Starts a sign-in at the provider. @returns the provider's URL, or our sign-in page with an error. */
export async function startOidcSignIn(callbackUrl: string): Promise<string> {
  return (await postWithCsrfToken(['signin', 'oidc'], { callbackUrl })) ?? '/login?error=unavailable';
}

/** Calls NextAuth as its client does: first for a CSRF token, then with it. Next has already checked the Origin of the action. */
async function postWithCsrfToken(nextauth: string[], fields: Record<string, string>): Promise<string | null> {
  const csrf = await callNextAuth(['csrf']);
  const { csrfToken = '' } = (await csrf.json()) as { csrfToken?: string };
  return (await callNextAuth(nextauth, { ...fields, csrfToken })).headers.get('location');
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
