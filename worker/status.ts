/** The worker's state, written by the wiring and read by the health server. */
export interface Status {
  /** Subscribed and not stopping. */
  subscribed: boolean;
  /** When the database last answered, and when jobs were last picked up; milliseconds since the epoch. */
  databaseAt: number;
  pickedUpAt: number;
  /** How long the oldest runnable job has waited, in seconds. */
  waitSeconds: number;
}

/** Ready until several checks in a row have failed. */
const DATABASE_SILENCE_MS = 15_000;
/** A worker is stuck when it fetched no jobs for this long while jobs were waiting. */
const STUCK_SECONDS = 60;

/** Initial state of a worker. */
export const newStatus = (now = Date.now()): Status => ({
  subscribed: false,
  databaseAt: 0,
  pickedUpAt: now,
  waitSeconds: 0,
});

/** True when subscribed and the database responded recently. */
export const isReady = ({ subscribed, databaseAt }: Status, now = Date.now()): boolean =>
  subscribed && now - databaseAt < DATABASE_SILENCE_MS;

/** True once the worker has been ready. */
export const hasBeenReady = ({ databaseAt }: Status): boolean => databaseAt > 0;

/** True when a restart could help: jobs wait and none is fetched although the database is available. */
export const isStuck = (status: Status, now = Date.now()): boolean =>
  isReady(status, now) && status.waitSeconds > STUCK_SECONDS && now - status.pickedUpAt > STUCK_SECONDS * 1000;
