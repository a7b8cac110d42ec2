'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { ok } from '#lib/errors.ts';
import { definePublicAction } from './_server/action.ts';
import { endCurrentSession, clearSessionCookie } from './_server/auth/cookie-session.ts';
import { LOCALES } from './_server/i18n/messages.ts';
import { savePreference, THEMES } from './_server/i18n/preferences.ts';

export const setLocale = definePublicAction('setLocale', z.object({ locale: z.enum(LOCALES) }), async ({ locale }) => {
  await savePreference({ locale });
  return ok(undefined);
});

export const setTheme = definePublicAction('setTheme', z.object({ theme: z.enum(THEMES) }), async ({ theme }) => {
  await savePreference({ theme });
  return ok(undefined);
});

/** The session row is ended first; if that fails, the cookie stays and the user sees an error. */
export const signOutHere = definePublicAction('signOutHere', z.object({}), async () => {
  await endCurrentSession();
  await clearSessionCookie();
  redirect('/login?notice=ended');
});
