import { cookies, headers } from 'next/headers';
import { getRequestConfig } from 'next-intl/server';
import { LOCALE_COOKIE } from '../http/cookies.ts';
import { chooseLocale } from './locale.ts';
import { MESSAGES } from './messages.ts';

/** The locale of a request: the user's choice, else the browser's. Times are rendered in UTC and localised in the browser. */
export default getRequestConfig(async () => {
  const chosen = (await cookies()).get(LOCALE_COOKIE)?.value;
  const locale = chooseLocale(chosen, (await headers()).get('accept-language'));
  return { locale, messages: MESSAGES[locale], timeZone: 'UTC' };
});
