/**
 * The reader's own kind of the page's language, which knows whether days have 12 or 24 hours: `en-GB` for `en`. A browser hands on what
 * its system is set to, and not all of that is a language tag: started with LANG=C, Chromium says `en-US@posix`, and Intl throws.
 * @param languages `navigator.languages`, best first.
 * @returns the page's language when none of them is a kind of it that Intl takes.
 */
export function regional(locale: string, languages: readonly string[] = []): string {
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

/**
 * The zone to tell the time in. A browser that does not find its system's zone (TZ=Nowhere/Town) has none, or one that is called
 * `Etc/Unknown` and that Intl itself refuses: that reader reads UTC.
 */
export function readerZone(): string {
  try {
    const { timeZone } = new Intl.DateTimeFormat().resolvedOptions() as { timeZone?: string };
    return timeZone === undefined ? 'UTC' : new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
