import 'server-only';
import { cookies } from 'next/headers';
import { forbidden, redirect } from 'next/navigation';
import { decode } from 'next-auth/jwt';
import { cache } from 'react';
import { can, type Permission } from '#lib/access/permissions.ts';
import { recordAccessDenied } from '#lib/audit/events/denials.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { loadSession, type CurrentUser, type OwnAct, type SessionClaims } from '#lib/auth/session.ts';
import { readClaims } from './claims.ts';
import { sessionCookie } from '../http/cookies.ts';
import { requestOrigin, requestPath } from '../http/origin.ts';

/** What the cookie claims; nothing of it is believed before `loadSession` has compared it with the database. */
async function sessionClaims(): Promise<SessionClaims | null> {
  const token = (await cookies()).get(sessionCookie().name)?.value;
  if (!token) return null;
  const claims = await decode({ token, secret: env().NEXTAUTH_SECRET }).catch(() => null);
  return readClaims(claims);
}

/** The signed-in person with the role of this moment, or null. Looked up once per request. */
export const currentUser = cache(async (): Promise<CurrentUser | null> => {
  const claims = await sessionClaims();
  return claims === null ? null : loadSession(db(), claims);
});

/** The person as the audit log names them. */
export async function actOf(user: CurrentUser, source: 'web' | 'api'): Promise<OwnAct> {
  return {
    actor: { type: 'user', id: user.id, label: user.email, role: user.role },
    origin: await requestOrigin(source),
  };
}

/**
 * The guard of every page: to be awaited before anything is rendered, because a status cannot change once the page streams.
 * Signed-out visitors go to the sign-in page and come back; a missing permission is a recorded 403.
 */
export async function requirePermission(permission: Permission): Promise<CurrentUser> {
  const user = await currentUser();
  if (user === null) return toSignIn();
  if (can(user.role, permission)) return user;
  await recordDenial(user, permission, 'web');
  forbidden();
}

/** Sends a visitor to the sign-in page, and from there back to the page they asked for or sent a form from. */
export async function toSignIn(): Promise<never> {
  redirect(`/login?callbackUrl=${encodeURIComponent(await requestPath())}`);
}

/** Writes down that a signed-in person asked for more than their role allows. */
export async function recordDenial(user: CurrentUser, permission: Permission, source: 'web' | 'api'): Promise<void> {
  const act = await actOf(user, source);
  const [path = '/'] = (await requestPath()).split('?');
  await recordAccessDenied(db(), { ...act, permission, path });
}
