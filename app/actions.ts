'use server';

import { redirect } from 'next/navigation';
import { z } from 'zod';
import { ok } from '#lib/errors.ts';
import { definePublicAction } from './_server/action.ts';
import { endSession, forgetSession } from './_server/auth/cookie-session.ts';
import { LOCALES } from './_server/i18n/messages.ts';
import { remember, THEMES } from './_server/i18n/preferences.ts';

export const setLocale = definePublicAction('setLocale', z.object({ locale: z.enum(LOCALES) }), async ({ locale }) => {
  await remember({ locale });
  return ok(undefined);
});

export const setTheme = definePublicAction('setTheme', z.object({ theme: z.enum(THEMES) }), async ({ theme }) => {
  await remember({ theme });
  return ok(undefined);
});

/** The row is ended first; if that throws, the cookie stays and the person sees an error. */
export const signOutHere = definePublicAction('signOutHere', z.object({}), async () => {
  await endSession();
  await forgetSession();
  redirect('/login?notice=ended');
});
