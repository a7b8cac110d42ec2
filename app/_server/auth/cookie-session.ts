import 'server-only';
import { cookies } from 'next/headers';
import { encode } from 'next-auth/jwt';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { signOut, type SessionClaims } from '#lib/auth/session.ts';
import { sessionCookie } from '../http/cookies.ts';
import { actOf, currentUser } from './session.ts';

/** Ends the present session and writes that down; does nothing for a visitor without a living one. */
export async function endSession(): Promise<void> {
  const user = await currentUser();
  if (user !== null) await signOut(db(), await actOf(user, 'web'), user.sessionId);
}

/** Takes the session cookie away from this browser. */
export async function forgetSession(): Promise<void> {
  const { name, options } = sessionCookie();
  (await cookies()).set(name, '', { ...options, maxAge: 0 });
}

/** Puts another session of the same person into the cookie, in the form that NextAuth writes. */
export async function replaceSession(claims: SessionClaims): Promise<void> {
  const { NEXTAUTH_SECRET, SESSION_ABSOLUTE_MINUTES } = env();
  const maxAge = SESSION_ABSOLUTE_MINUTES * 60;
  const token = await encode({ token: { ...claims }, secret: NEXTAUTH_SECRET, maxAge });
  const { name, options } = sessionCookie();
  (await cookies()).set(name, token, { ...options, maxAge });
}
