import { env } from '#lib/env.ts';

/** Whether people reach us over https. The public origin says so; a header could be forged. */
export function isHttps(): boolean {
  return env().NEXTAUTH_URL?.startsWith('https://') ?? false;
}

/**
 * The session cookie, named in one place: NextAuth writes it and `readClaims` reads it. The `__Secure-` prefix makes browsers refuse it
 * over plain http.
 */
export function sessionCookie() {
  const secure = isHttps();
  return {
    name: `${secure ? '__Secure-' : ''}golive.session`,
    options: { httpOnly: true, sameSite: 'lax' as const, path: '/', secure },
  };
}

/** What a reader chose for themselves; neither is secret. */
export const LOCALE_COOKIE = 'golive.locale';
export const THEME_COOKIE = 'golive.theme';
