'use client';

import { useLocale } from 'next-intl';
import { useSyncExternalStore } from 'react';
import { browserTimeZone, regionalLocale } from './browser-time.ts';

const never = () => () => undefined;

/**
 * A time in the browser's time zone, with UTC on hover. The server and the first render use UTC, so hydration matches; without JavaScript
 * it stays in UTC.
 */
export function LocalTime({ time, seconds = false }: { time: string; seconds?: boolean }) {
  const locale = useLocale();
  const utc = `${time.slice(0, 10)} ${time.slice(11, seconds ? 19 : 16)} UTC`;
  const shown = useSyncExternalStore(
    never,
    () =>
      new Intl.DateTimeFormat(regionalLocale(locale, navigator.languages), {
        timeZone: browserTimeZone(),
        dateStyle: 'medium',
        timeStyle: seconds ? 'medium' : 'short',
      }).format(new Date(time)),
    () => utc,
  );
  return (
    <time dateTime={time} title={`${time.slice(0, 10)} ${time.slice(11, 23)} UTC`} className="tabular-nums">
      {shown}
    </time>
  );
}

/** The time zone of `LocalTime`, for a column heading. */
export function LocalZone() {
  return useSyncExternalStore(never, browserTimeZone, () => 'UTC');
}
