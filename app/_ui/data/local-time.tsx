'use client';

import { useLocale } from 'next-intl';
import { useSyncExternalStore } from 'react';
import { readerZone, regional } from './browser-time.ts';

const never = () => () => undefined;

/**
 * A moment in the reader's zone, with UTC on hover. The server and the first render say UTC, so nothing changes under hydration, and
 * without JavaScript it stays UTC and says so.
 */
export function LocalTime({ time, seconds = false }: { time: string; seconds?: boolean }) {
  const locale = useLocale();
  const utc = `${time.slice(0, 10)} ${time.slice(11, seconds ? 19 : 16)} UTC`;
  const shown = useSyncExternalStore(
    never,
    () =>
      new Intl.DateTimeFormat(regional(locale, navigator.languages), {
        timeZone: readerZone(),
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

/** The zone that `LocalTime` tells the time in, for the head of a column. */
export function LocalZone() {
  return useSyncExternalStore(never, readerZone, () => 'UTC');
}
