/** A day that stands out: far above the usual, or with next to nothing where there usually is something. */
export type Mark = 'spike' | 'hole';

/** From the median absolute deviation to a standard deviation, for normally distributed values. */
const MAD_TO_SIGMA = 1.4826;
/** Iglewicz and Hoaglin (1993) propose 3.5; audit logs are burstier than their examples. */
const SPIKE_SIGMAS = 5;
/** A hole has less than a tenth of the median, and only a log with this many events a day can have one. */
const HOLE_SHARE = 0.1;
const HOLE_MEDIAN = 10;
/** Too short a history knows nothing of what is usual. */
const MIN_DAYS = 7;

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/**
 * Marks spikes and holes by the median and the median absolute deviation, which a few wild days do not move as they move an average. The
 * deviation counts as at least a tenth of the median and at least 2, so that a very even log does not cry wolf.
 * @param counts events a day, whole days only, oldest first.
 */
export function markDays(counts: number[]): (Mark | null)[] {
  if (counts.length < MIN_DAYS) return counts.map(() => null);
  const usual = median(counts);
  const deviation = median(counts.map((count) => Math.abs(count - usual)));
  const sigma = Math.max(deviation * MAD_TO_SIGMA, usual / 10, 2);
  return counts.map((count) => {
    if (count > usual + SPIKE_SIGMAS * sigma) return 'spike';
    return usual >= HOLE_MEDIAN && count < usual * HOLE_SHARE ? 'hole' : null;
  });
}
