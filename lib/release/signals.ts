/** Metrics that the worker logs once a minute as `{"signal":"health", ...}`, for metric filters and alarms of the platform, which use these names. */
export const HEALTH_SIGNAL = 'health';

export const SIGNALS = {
  /** Wait of the oldest queued job, in seconds. */
  queueLagSeconds: { alarmAbove: 300 },
  /** Age of the oldest unsealed event, in seconds. */
  sealLagSeconds: { alarmAbove: 900 },
} as const;

export type SignalName = keyof typeof SIGNALS;

/**
 * The web process logs one line `{"signal":"fault", ...}` for each server error. Clients cannot cause one: malformed requests are 4xx, and
 * overload is 503.
 */
export const FAULT_SIGNAL = 'fault';
