import 'server-only';
import { cookies } from 'next/headers';
import { isHttps, LOCALE_COOKIE, THEME_COOKIE } from '../http/cookies.ts';
import type { Locale } from './messages.ts';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The user's theme, read on the server so that the first paint is right without a script. */
export async function chosenTheme(): Promise<Theme> {
  const value = (await cookies()).get(THEME_COOKIE)?.value;
  return THEMES.find((theme) => theme === value) ?? 'system';
}

/** Stores a preference in a cookie for a year. */
export async function savePreference(choice: { theme: Theme } | { locale: Locale }): Promise<void> {
  const [name, value] = 'theme' in choice ? [THEME_COOKIE, choice.theme] : [LOCALE_COOKIE, choice.locale];
  (await cookies()).set(name, value, {
    maxAge: YEAR_SECONDS,
    path: '/',
    sameSite: 'lax',
    httpOnly: true,
    secure: isHttps(),
  });
}
