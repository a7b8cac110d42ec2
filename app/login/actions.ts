'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { env } from '#lib/env.ts';
import { ok } from '#lib/errors.ts';
import { definePublicAction } from '../_server/action.ts';
import { returnPath } from '../_server/auth/return-path.ts';
import { startOidcSignIn, signInWith } from '../_server/auth/sign-in.ts';

/** Where to go after signing in; always within this app. */
const callbackUrl = z.string().transform((given) => returnPath(given, env().NEXTAUTH_URL));

export const signInWithPassword = definePublicAction(
  'signInWithPassword',
  z.object({ email: z.string().max(320), password: z.string().max(1024), callbackUrl }),
  async ({ email, password, callbackUrl }) => {
    const signedIn = await signInWith('credentials', { email, password });
    if (!signedIn.ok) return signedIn;
    redirect(callbackUrl);
  },
);

export const signInAsDevAdmin = definePublicAction(
  'signInAsDevAdmin',
  z.object({ callbackUrl }),
  async ({ callbackUrl }) => {
    const signedIn = await signInWith('dev-admin');
    if (!signedIn.ok) return signedIn;
    redirect(callbackUrl);
  },
);

/** Returns the provider's URL: the content security policy forbids redirecting a form there. */
export const signInWithOidc = definePublicAction('signInWithOidc', z.object({ callbackUrl }), async ({ callbackUrl }) =>
  ok(await startOidcSignIn(callbackUrl)),
);
