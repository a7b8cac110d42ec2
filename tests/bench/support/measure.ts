import { evaluateBounds, sentence, type Bound } from '../../../scripts/dev/support/docs/bounds.ts';

/** The middle of sorted values; of an even number, the lower one. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

/** Milliseconds of each of `times` runs, after `warmUp` runs that do not count. */
export async function time(times: number, work: () => Promise<unknown>, warmUp = 3): Promise<number[]> {
  const taken: number[] = [];
  for (let run = -warmUp; run < times; run++) {
    const started = performance.now();
    await work();
    if (run >= 0) taken.push(performance.now() - started);
  }
  return taken;
}

/** Milliseconds of two kinds of work in turns, so that what else the machine does meets both; after `warmUp` runs that do not count. */
export async function timeAlternating(
  times: number,
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
  warmUp = 3,
): Promise<[one: number[], other: number[]]> {
  const taken: [number[], number[]] = [[], []];
  for (let run = -warmUp; run < times; run++) {
    const [first] = await time(1, one, 0);
    const [second] = await time(1, other, 0);
    if (run < 0 || first === undefined || second === undefined) continue;
    taken[0].push(first);
    taken[1].push(second);
  }
  return taken;
}

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** Ends a measurement: its figures and bounds, the last line as one JSON object, and exit code 1 when a bound is not kept. */
export function reportAndExit(figures: Record<string, number>, bounds: readonly Bound[], json: boolean): void {
  const kept = evaluateBounds(figures, bounds);
  if (!json) {
    for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(24)} ${value}`);
    for (const bound of kept) console.log(`${bound.kept ? 'kept' : 'NOT KEPT'}  ${sentence(bound)}: ${bound.ratio}`);
  }
  for (const bound of kept) if (!bound.kept) process.stderr.write(`not kept: ${sentence(bound)}: ${bound.ratio}\n`);
  if (kept.some((bound) => !bound.kept)) process.exitCode = 1;
  console.log(JSON.stringify({ ...figures, bounds: kept }));
}
