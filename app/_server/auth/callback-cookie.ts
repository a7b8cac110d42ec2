import 'server-only';
import { cookies } from 'next/headers';
import { sessionCookie } from '../http/cookies.ts';
import { publicOrigin } from '../http/public-origin.ts';

/**
 * Puts our own address in place of a callback cookie that is none of ours. NextAuth answers everything with an error while the cookie is no
 * URL, and anybody who can set cookies for a sibling domain could keep a browser from signing in.
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
