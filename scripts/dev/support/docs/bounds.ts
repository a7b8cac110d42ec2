/**
 * A bound on the ratio of two results of the same run, so that it does not depend on the machine. The limit is a theoretical optimum or a
 * count of operations, such as blocks.
 */
export interface Bound {
  figure: string;
  limit: string;
  atLeast?: number;
  atMost?: number;
}

/** A bound with its result. */
export interface BoundResult extends Bound {
  ratio: number;
  kept: boolean;
}

/** Compares results with their bounds. A missing result or limit counts as not kept. */
export function evaluateBounds(figures: Record<string, number>, bounds: readonly Bound[]): BoundResult[] {
  return bounds.map((bound) => {
    const ratio = Number(((figures[bound.figure] ?? Number.NaN) / (figures[bound.limit] ?? Number.NaN)).toFixed(3));
    const { atLeast = -Infinity, atMost = Infinity } = bound;
    return { ...bound, ratio, kept: ratio >= atLeast && ratio <= atMost };
  });
}

/** A bound as a sentence. */
export const sentence = ({ figure, limit, atLeast, atMost }: Bound): string =>
  atLeast === undefined ? `${figure} at most ${atMost} x ${limit}` : `${figure} at least ${atLeast} x ${limit}`;
