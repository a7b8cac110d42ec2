import { afterEach, expect, test, vi } from 'vitest';
import { browserTimeZone, regionalLocale } from './browser-time.ts';

afterEach(() => void vi.restoreAllMocks());

test.each([
  ['the first kind of the page’s language', ['ru-RU', 'en-GB', 'en-US'], 'en-GB'],
  ['the language itself', ['en', 'en-GB'], 'en'],
  ['what Intl takes, after what it refuses', ['en-US@posix', 'en-GB'], 'en-GB'],
  ['nothing that is malformed', ['en-US@posix', 'en_US', 'en-', 'en-US.UTF-8', 'en-*'], 'en'],
  ['nothing where there is no list', undefined, 'en'],
])('a time is told in %s', (_, languages, expected) => {
  const chosen = regionalLocale('en', languages);
  expect(chosen).toBe(expected);
  expect(() => new Intl.DateTimeFormat(chosen)).not.toThrow();
});

test.each([
  ['Etc/Unknown', 'UTC'],
  [undefined, 'UTC'],
  ['Europe/Berlin', 'Europe/Berlin'],
])('a browser whose zone is %s tells the time in %s', (timeZone, expected) => {
  vi.spyOn(Intl, 'DateTimeFormat').mockImplementationOnce(function () {
    return { resolvedOptions: () => ({ timeZone }) } as Intl.DateTimeFormat;
  });
  expect(browserTimeZone()).toBe(expected);
});
