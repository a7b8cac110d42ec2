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

export const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** The last line of a measurement. */
export function report(result: Record<string, number>, json: boolean): void {
  if (!json) for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(24)} ${value}`);
  console.log(JSON.stringify(result));
}

/** Fails the command when a promise is broken, after the figures have been printed. */
export function demand(promises: Record<string, boolean>): void {
  const broken = Object.keys(promises).filter((promise) => !promises[promise]);
  for (const promise of broken) process.stderr.write(`not kept: ${promise}\n`);
  if (broken.length > 0) process.exitCode = 1;
}
