/** An anomalous day: a spike far above the median, or a gap far below it. */
export type Anomaly = 'spike' | 'gap';

/** From the median absolute deviation to a standard deviation, for normally distributed values. */
const MAD_TO_SIGMA = 1.4826;
/** Iglewicz and Hoaglin (1993) propose 3.5; audit logs are burstier than their examples. */
const SPIKE_SIGMAS = 5;
/** A gap has less than a tenth of the median, if the median is at least this large. */
const GAP_SHARE = 0.1;
const GAP_MIN_MEDIAN = 10;
/** Minimum history for detection. */
const MIN_DAYS = 7;

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}

/**
 * Detects spikes and gaps by the median and the median absolute deviation, which are robust against outliers. The deviation is at least a
 * tenth of the median and at least 2, to avoid false alarms on very even logs.
 * @param counts events a day, whole days only, oldest first.
 */
export function detectAnomalies(counts: number[]): (Anomaly | null)[] {
  if (counts.length < MIN_DAYS) return counts.map(() => null);
  const typical = median(counts);
  const deviation = median(counts.map((count) => Math.abs(count - typical)));
  const sigma = Math.max(deviation * MAD_TO_SIGMA, typical / 10, 2);
  return counts.map((count) => {
    if (count > typical + SPIKE_SIGMAS * sigma) return 'spike';
    return typical >= GAP_MIN_MEDIAN && count < typical * GAP_SHARE ? 'gap' : null;
  });
}
