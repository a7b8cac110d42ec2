import { env } from '#lib/env.ts';

/** True when the configured public origin is https. Request headers are not used: they could be forged. */
export function isHttps(): boolean {
  return env().NEXTAUTH_URL?.startsWith('https://') ?? false;
}

/** Name and options of the session cookie. With the `__Secure-` prefix browsers reject it over plain http. */
export function sessionCookie() {
  const secure = isHttps();
  return {
    name: `${secure ? '__Secure-' : ''}golive.session`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure },
  };
}

/** Cookies of the user's preferences; not secret. */
export const LOCALE_COOKIE = 'golive.locale';
export const THEME_COOKIE = 'golive.theme';
