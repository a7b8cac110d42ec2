import type { useFormatter } from 'next-intl';

const UNITS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

/** A duration in the largest unit of which it has at least two: 119 seconds, 2 minutes, 47 hours, 2 days. */
export function duration(format: ReturnType<typeof useFormatter>, seconds: number): string {
  const { unit, seconds: size } = UNITS.find((each) => seconds >= 2 * each.seconds) ?? UNITS[3];
  return format.number(Math.floor(seconds / size), { style: 'unit', unit, unitDisplay: 'long' });
}
