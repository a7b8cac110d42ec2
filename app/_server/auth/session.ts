import 'server-only';
import { cookies } from 'next/headers';
import { forbidden, redirect } from 'next/navigation';
import { decode } from 'next-auth/jwt';
import { cache } from 'react';
import { can, type Permission } from '#lib/access/permissions.ts';
import { recordAccessDenied } from '#lib/audit/events/denials.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { loadSession, type CurrentUser, type UserAuditContext, type SessionClaims } from '#lib/auth/session.ts';
import { readClaims } from './claims.ts';
import { sessionCookie } from '../http/cookies.ts';
import { requestOrigin, requestPath } from '../http/origin.ts';

/** The claims of the cookie; not trusted before `loadSession` has compared them with the database. */
async function sessionClaims(): Promise<SessionClaims | null> {
  const token = (await cookies()).get(sessionCookie().name)?.value;
  if (!token) return null;
  const claims = await decode({ token, secret: env().NEXTAUTH_SECRET }).catch(() => null);
  return readClaims(claims);
}

/** The signed-in user with the current role, or null. Cached per request. */
export const currentUser = cache(async (): Promise<CurrentUser | null> => {
  const claims = await sessionClaims();
  return claims === null ? null : loadSession(db(), claims);
});

/** The audit context of a signed-in user. */
export async function auditContextOf(user: CurrentUser, source: 'web' | 'api'): Promise<UserAuditContext> {
  return {
    actor: { type: 'user', id: user.id, label: user.email, role: user.role },
    origin: await requestOrigin(source),
  };
}

/**
 * Guards a page; await it before anything is rendered, because the status cannot change once the page streams. Signed-out visitors are
 * redirected to the sign-in page; a missing permission is a recorded 403.
 */
export async function requirePermission(permission: Permission): Promise<CurrentUser> {
  const user = await currentUser();
  if (user === null) return redirectToSignIn();
  if (can(user.role, permission)) return user;
  await recordDenial(user, permission, 'web');
  forbidden();
}

/** Redirects to the sign-in page, which returns to the current page afterwards. */
export async function redirectToSignIn(): Promise<never> {
  redirect(`/login?callbackUrl=${encodeURIComponent(await requestPath())}`);
}

/** Records that a signed-in user was denied a permission. */
export async function recordDenial(user: CurrentUser, permission: Permission, source: 'web' | 'api'): Promise<void> {
  const context = await auditContextOf(user, source);
  const [path = '/'] = (await requestPath()).split('?');
  await recordAccessDenied(db(), { ...context, permission, path });
}
