'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { signInDevAdmin } from '#lib/auth/dev-admin.ts';
import { signIn } from '#lib/auth/sign-in.ts';
import { db } from '#lib/db.ts';
import { env } from '#lib/env.ts';
import { fail, ok } from '#lib/errors.ts';
import { definePublicAction } from '../_server/action.ts';
import { writeSessionCookie } from '../_server/auth/cookie-session.ts';
import { attemptSignIn, passwordCredentials } from '../_server/auth/credentials.ts';
import { startOidcSignIn } from '../_server/auth/oidc-start.ts';
import { returnPath } from '../_server/auth/return-path.ts';

/** Where to go after signing in; always within this app. */
const callbackUrl = z.string().transform((given) => returnPath(given, env().NEXTAUTH_URL));

export const signInWithPassword = definePublicAction(
  'signInWithPassword',
  passwordCredentials.extend({ callbackUrl }),
  async ({ email, password, callbackUrl }, origin) => {
    const claims = await attemptSignIn(() => signIn(db(), { email, password, origin }));
    if (!claims.ok) return claims;
    await writeSessionCookie(claims.value);
    redirect(callbackUrl);
  },
);

export const signInAsDevAdmin = definePublicAction(
  'signInAsDevAdmin',
  z.object({ callbackUrl }),
  async ({ callbackUrl }, origin) => {
    // Where it is off nothing is recorded: strangers must not fill the log.
    if (!env().DEV_ADMIN) return fail('unauthenticated', 'Sign-in failed.');
    const claims = await attemptSignIn(() => signInDevAdmin(db(), origin));
    if (!claims.ok) return claims;
    await writeSessionCookie(claims.value);
    redirect(callbackUrl);
  },
);

/** Returns the provider's URL: the content security policy forbids redirecting a form there. */
export const signInWithOidc = definePublicAction('signInWithOidc', z.object({ callbackUrl }), async ({ callbackUrl }) =>
  ok(await startOidcSignIn(callbackUrl)),
);
