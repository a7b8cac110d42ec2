/**
 * The user's regional variant of the page's language, which determines 12- or 24-hour time: `en-GB` for `en`. Browsers may report values
 * that are not language tags: with LANG=C Chromium reports `en-US@posix`, and Intl throws.
 * @param languages `navigator.languages`, best first.
 * @returns the page's language when none of them is a variant that Intl supports.
 */
export function regionalLocale(locale: string, languages: readonly string[] = []): string {
  const kinds = languages.filter((language) => language === locale || language.startsWith(`${locale}-`));
  return kinds.find(isSupported) ?? locale;
}

function isSupported(language: string): boolean {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(language).length > 0;
  } catch {
    return false;
  }
}

/** The browser's time zone, or UTC. A browser that cannot determine it (TZ=Nowhere/Town) reports none, or `Etc/Unknown`, which Intl rejects. */
export function browserTimeZone(): string {
  try {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
    return timeZone === undefined ? 'UTC' : new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
