import 'server-only';
import { cookies } from 'next/headers';
import { sessionCookie } from '../http/cookies.ts';
import { publicOrigin } from '../http/origin.ts';

/**
 * Replaces a callback-url cookie that does not point to this app. NextAuth answers every request with an error while the cookie is not a
 * URL, and anyone who can set cookies for a sibling domain could keep a browser from signing in.
 */
export async function replaceBadCallbackCookie(): Promise<void> {
  const { options } = sessionCookie();
  const name = `${options.secure ? '__Secure-' : ''}next-auth.callback-url`;
  const jar = await cookies();
  const value = jar.get(name)?.value;
  if (value === undefined) return;
  const origin = await publicOrigin();
  if (URL.parse(value)?.origin !== origin) jar.set(name, origin, options);
}
