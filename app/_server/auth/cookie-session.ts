import 'server-only';
import { cookies } from 'next/headers';
import { encode } from 'next-auth/jwt';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { signOut, type SessionClaims } from '#lib/auth/session.ts';
import { sessionCookie } from '../http/cookies.ts';
import { auditContextOf, currentUser } from './session.ts';

/** Ends the current session and records the sign-out; does nothing without a valid session. */
export async function endCurrentSession(): Promise<void> {
  const user = await currentUser();
  if (user !== null) await signOut(db(), await auditContextOf(user, 'web'), user.sessionId);
}

/** Clears the session cookie. */
export async function clearSessionCookie(): Promise<void> {
  const { name, options } = sessionCookie();
  (await cookies()).set(name, '', { ...options, maxAge: 0 });
}

/** Writes a session into the cookie, as the token that NextAuth reads and writes too. */
export async function writeSessionCookie(claims: SessionClaims): Promise<void> {
  const { NEXTAUTH_SECRET, SESSION_ABSOLUTE_MINUTES } = env();
  const maxAge = SESSION_ABSOLUTE_MINUTES * 60;
  const token = await encode({ token: { ...claims }, secret: NEXTAUTH_SECRET, maxAge });
  const { name, options } = sessionCookie();
  (await cookies()).set(name, token, { ...options, maxAge });
}
