import 'server-only';
import { cookies } from 'next/headers';
import { NextRequest, NextResponse } from 'next/server';
import { z } from 'zod';
import { fail, ok, type Failure, type Result } from '#lib/errors.ts';
import { nextAuth } from './next-auth-route.ts';
import { publicOrigin } from '../http/public-origin.ts';

/** What `authorize` and NextAuth itself may answer; anything else is an error that nobody expected. */
const code = z
  .enum(['unauthenticated', 'invalid_input', 'unavailable'] satisfies Failure['code'][])
  .catch('unavailable');

/**
 * Signs in through NextAuth for a form of ours, so that it works without JavaScript and there is one way in. The session's cookie goes to
 * the browser with the answer.
 */
export async function signInWith(
  provider: 'credentials' | 'dev-admin',
  fields: Record<string, string> = {},
): Promise<Result<void>> {
  const location = await ask(['callback', provider], fields);
  const error = location === null ? 'unavailable' : URL.parse(location)?.searchParams.get('error');
  return error ? fail(code.parse(error), 'Sign-in failed.') : ok(undefined);
}

/** Begins a sign-in at the provider. @returns the address to send the browser to, or that of our page which says what failed. */
export async function beginOidc(callbackUrl: string): Promise<string> {
  return (await ask(['signin', 'oidc'], { callbackUrl })) ?? '/login?error=unavailable';
}

/**
 * Asks NextAuth as its own script would: first for a token, then with it. The token's cookie would prove that the form is ours; Next has
 * proven that already, by the Origin of the action.
 */
async function ask(nextauth: string[], fields: Record<string, string>): Promise<string | null> {
  const csrf = await call(['csrf']);
  const { csrfToken = '' } = (await csrf.json()) as { csrfToken?: string };
  return (await call(nextauth, { ...fields, csrfToken })).headers.get('location');
}

/** One call of NextAuth within this process. Its cookies become those of the present answer, which the next call sees already. */
async function call(nextauth: string[], form?: Record<string, string>): Promise<Response> {
  const url = `${await publicOrigin()}/api/auth/${nextauth.join('/')}`;
  const init = form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) };
  const response = await nextAuth(new NextRequest(url, init), { params: Promise.resolve({ nextauth }) });
  const jar = await cookies();
  for (const cookie of new NextResponse(null, { headers: response.headers }).cookies.getAll()) jar.set(cookie);
  return response;
}
