/**
 * Numbers that the worker logs so that a platform can alarm on them: one line `{"signal":"health", ...}` a minute. A field that is
 * renamed here is renamed in the worker, in the metric filters and in the alarms at once.
 */
export const HEALTH_SIGNAL = 'health';

export const SIGNALS = {
  /** Seconds that the oldest waiting job has waited. */
  queueLagSeconds: { alarmAbove: 300 },
  /** Seconds since the oldest event that is not sealed yet was written. */
  sealLagSeconds: { alarmAbove: 900 },
} as const;

export type SignalName = keyof typeof SIGNALS;

/**
 * The web process logs one line `{"signal":"fault", ...}` for each answer of 500 and more that is its own fault. A stranger cannot cause one:
 * what is wrong with a request is 4xx, and what there is too much of is 503.
 */
export const FAULT_SIGNAL = 'fault';
