import { LOCALES, type Locale } from './messages.ts';

const isLocale = (value: string | undefined): value is Locale => LOCALES.some((locale) => locale === value);

/**
 * Chooses a locale: the user's choice, else the best match of Accept-Language (RFC 9110, section 12.5.4), else English.
 * @param chosen the cookie's value.
 */
export function chooseLocale(chosen: string | undefined, acceptLanguage: string | null): Locale {
  if (isLocale(chosen)) return chosen;
  const ranked = (acceptLanguage ?? '')
    .split(',')
    .map((entry) => {
      const [range = '', ...parameters] = entry.trim().toLowerCase().split(';');
      const quality = parameters.map((text) => /^\s*q=([01](\.\d{0,3})?)\s*$/.exec(text)?.[1]).find(Boolean);
      // `ru_RU` and `ru@posix` are no language tags, but some browsers hand on what their system says.
      return { language: range.split(/[-_@.]/)[0], quality: quality === undefined ? 1 : Number(quality) };
    })
    .filter(({ quality }) => quality > 0)
    // The sort is stable, so equal qualities keep the browser's order.
    .sort((a, b) => b.quality - a.quality);
  return ranked.map(({ language }) => language).find(isLocale) ?? 'en';
}
