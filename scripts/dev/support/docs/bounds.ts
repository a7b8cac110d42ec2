/**
 * A promise as a ratio of a figure to a limit of the same run: both are of one machine on one day, so that the bound holds on any. A limit is
 * what the figure could be at best, or a number of pieces of work, like blocks, that no machine changes.
 */
export interface Bound {
  figure: string;
  limit: string;
  atLeast?: number;
  atMost?: number;
}

/** A bound with what came of it. */
export interface Kept extends Bound {
  ratio: number;
  kept: boolean;
}

/** Compares figures with their bounds. A figure or a limit that is missing keeps nothing. */
export function keep(figures: Record<string, number>, bounds: readonly Bound[]): Kept[] {
  return bounds.map((bound) => {
    const ratio = Number(((figures[bound.figure] ?? Number.NaN) / (figures[bound.limit] ?? Number.NaN)).toFixed(3));
    const { atLeast = -Infinity, atMost = Infinity } = bound;
    return { ...bound, ratio, kept: ratio >= atLeast && ratio <= atMost };
  });
}

/** A bound as a sentence. */
export const sentence = ({ figure, limit, atLeast, atMost }: Bound): string =>
  atLeast === undefined ? `${figure} at most ${atMost} x ${limit}` : `${figure} at least ${atLeast} x ${limit}`;
