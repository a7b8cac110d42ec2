import type { Db } from '../../db.ts';

/** Writes an event for this number of refusals. */
type WriteEvent = (refusals: number) => Promise<unknown>;

interface CoalescingWindow {
  endsAt: number;
  /** Events written in this window. */
  events: number;
  /** Refusals not yet reported by an event. */
  unreported: number;
  /** Writer of the latest refusal, also used for those left at the end of the window. */
  report: WriteEvent;
}

/** Length of a coalescing window, in milliseconds, so that repeated attempts cannot fill the log. */
export const WINDOW_MS = 10 * 60_000;

/** Most windows kept at once; beyond that refusals are counted per kind. */
const MAX_WINDOWS = 10_000;

const coalescers = new WeakMap<Db, RefusalCoalescer>();

/** The coalescer of this process for a database. */
export function refusalCoalescerOf(db: Db): RefusalCoalescer {
  const coalescer = coalescers.get(db) ?? new RefusalCoalescer();
  coalescers.set(db, coalescer);
  return coalescer;
}

/**
 * Counts refusals that repeat, so that one event reports many. Kept in memory: each web process reports its own, and a process that ends
 * loses what it had not reported. Refusals of guessed passwords are counted in the database instead (lib/auth/throttle.ts), since there the
 * count also decides how long the next attempt waits.
 */
export class RefusalCoalescer {
  readonly #windows = new Map<string, CoalescingWindow>();

  /**
   * Records a refusal now, or counts it for the next event with the same key.
   * @param key coalescing key: a kind, or `kind:subject`.
   * @param report writes the event; called while the window allows one more.
   * @param allowance events per window before further ones are only counted.
   * @throws errors of `report`; the refusals are then reported by the next event.
   */
  async record(key: string, report: WriteEvent, { allowance = 1, now = Date.now() } = {}): Promise<void> {
    const window = this.#windowOf(key, report, now);
    window.unreported += 1;
    window.report = report;
    await this.#flushEnded(now, window);
    if (window.events >= allowance) return;
    // Counted before writing, so that of concurrent refusals one writes.
    window.events += 1;
    await write(window);
  }

  #windowOf(key: string, report: WriteEvent, now: number): CoalescingWindow {
    const known = this.#windows.get(key);
    if (known !== undefined && now < known.endsAt) return known;
    const name = known === undefined && this.#windows.size >= MAX_WINDOWS ? (key.split(':', 1)[0] ?? key) : key;
    const before = this.#windows.get(name);
    if (before !== undefined && now < before.endsAt) return before;
    const window = { endsAt: now + WINDOW_MS, events: 0, unreported: before?.unreported ?? 0, report };
    // Appended, so that the map stays ordered by the end of windows.
    this.#windows.delete(name);
    this.#windows.set(name, window);
    return window;
  }

  /** Reports the remaining refusals of ended windows. */
  async #flushEnded(now: number, current: CoalescingWindow): Promise<void> {
    for (const [key, window] of this.#windows) {
      if (window === current) continue;
      if (now < window.endsAt) return;
      this.#windows.delete(key);
      if (window.unreported > 0) await write(window).catch((error: unknown) => this.#restore(key, window, error));
    }
  }

  #restore(key: string, window: CoalescingWindow, error: unknown): never {
    if (!this.#windows.has(key)) this.#windows.set(key, window);
    throw error;
  }
}

async function write(window: CoalescingWindow): Promise<void> {
  const { unreported } = window;
  window.unreported = 0;
  try {
    await window.report(unreported);
  } catch (error) {
    window.unreported += unreported;
    window.events = Math.max(0, window.events - 1);
    throw error;
  }
}
