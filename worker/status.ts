/** What the worker knows about itself; the health server reads it, the wiring writes it. */
export interface Status {
  /** Subscribed, and not yet told to stop. */
  subscribed: boolean;
  /** When the database last answered, and when jobs were last picked up; milliseconds since the epoch. */
  databaseAt: number;
  pickedUpAt: number;
  /** How long the oldest runnable job has waited, in seconds. */
  waitSeconds: number;
}

/** The watch looks every few seconds: three looks without an answer are no accident. */
const DATABASE_SILENCE_MS = 15_000;
/** A worker that picked nothing up for this long, while work has waited for as long, is stuck. */
const STUCK_SECONDS = 60;

/** Of a worker that has just started: not subscribed, and the database not heard of yet. */
export const newStatus = (now = Date.now()): Status => ({
  subscribed: false,
  databaseAt: 0,
  pickedUpAt: now,
  waitSeconds: 0,
});

/** Takes work: subscribed, and the database answered lately. */
export const isReady = ({ subscribed, databaseAt }: Status, now = Date.now()): boolean =>
  subscribed && now - databaseAt < DATABASE_SILENCE_MS;

/** Has once been ready. Before that it waits for the database, for migrations, or has not been able to start at all. */
export const hasBegun = ({ databaseAt }: Status): boolean => databaseAt > 0;

/** Restarting helps a stuck worker; it does not help while the database is away, so that does not count as stuck. */
export const isStuck = (status: Status, now = Date.now()): boolean =>
  isReady(status, now) && status.waitSeconds > STUCK_SECONDS && now - status.pickedUpAt > STUCK_SECONDS * 1000;
