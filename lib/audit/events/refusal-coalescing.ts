import type { Db } from '../../db.ts';

/** Writes one event that reports this many refusals. */
type Report = (refusals: number) => Promise<unknown>;

interface Tally {
  windowEndsAt: number;
  /** Events of this window. */
  events: number;
  /** Refusals that no event has reported yet. */
  unreported: number;
  /** Of the latest refusal: what is left over at the end of a window is reported as coming from there. */
  report: Report;
}

/** One event reports all refusals of this long, in milliseconds: whoever goes on trying cannot fill the log. */
export const WINDOW_MS = 10 * 60_000;

/** Different keys kept at once. Beyond that a refusal is counted with all others of its kind. */
const MAX_TALLIES = 10_000;

const counters = new WeakMap<Db, RefusalCounter>();

/** The counter of this process for a database. */
export function refusalsOf(db: Db): RefusalCounter {
  const counter = counters.get(db) ?? new RefusalCounter();
  counters.set(db, counter);
  return counter;
}

/**
 * Counts refusals that repeat, so that one event reports many. Kept in memory: each web process reports its own, and a process that ends
 * loses what it had not reported. Refusals of guessed passwords are counted in the database instead (lib/auth/throttle.ts), since there the
 * count also decides how long the next attempt waits.
 */
export class RefusalCounter {
  readonly #tallies = new Map<string, Tally>();

  /**
   * Reports a refusal now, or counts it for the next event under the same key.
   * @param key what is counted together: a kind, or a kind, a colon and whom it concerns.
   * @param report writes the event; it is called when the window has room for one more.
   * @param allowance events of one window, before the rest are only counted.
   * @throws what `report` throws; the refusals are then reported by the next one.
   */
  async note(key: string, report: Report, { allowance = 1, now = Date.now() } = {}): Promise<void> {
    const tally = this.#tallyOf(key, report, now);
    tally.unreported += 1;
    tally.report = report;
    await this.#reportLeftovers(now, tally);
    if (tally.events >= allowance) return;
    // Before the event is written: of refusals at the same moment one writes.
    tally.events += 1;
    await write(tally);
  }

  #tallyOf(key: string, report: Report, now: number): Tally {
    const known = this.#tallies.get(key);
    if (known !== undefined && now < known.windowEndsAt) return known;
    const name = known === undefined && this.#tallies.size >= MAX_TALLIES ? (key.split(':', 1)[0] ?? key) : key;
    const before = this.#tallies.get(name);
    if (before !== undefined && now < before.windowEndsAt) return before;
    const tally = { windowEndsAt: now + WINDOW_MS, events: 0, unreported: before?.unreported ?? 0, report };
    // At the end, so that the map stays in the order in which windows end.
    this.#tallies.delete(name);
    this.#tallies.set(name, tally);
    return tally;
  }

  /** Windows that ended: what they had not reported is reported now, since the same refusal may never come again. */
  async #reportLeftovers(now: number, current: Tally): Promise<void> {
    for (const [key, tally] of this.#tallies) {
      if (tally === current) continue;
      if (now < tally.windowEndsAt) return;
      this.#tallies.delete(key);
      if (tally.unreported > 0) await write(tally).catch((error: unknown) => this.#keep(key, tally, error));
    }
  }

  #keep(key: string, tally: Tally, error: unknown): never {
    if (!this.#tallies.has(key)) this.#tallies.set(key, tally);
    throw error;
  }
}

async function write(tally: Tally): Promise<void> {
  const { unreported } = tally;
  tally.unreported = 0;
  try {
    await tally.report(unreported);
  } catch (error) {
    tally.unreported += unreported;
    tally.events = Math.max(0, tally.events - 1);
    throw error;
  }
}
