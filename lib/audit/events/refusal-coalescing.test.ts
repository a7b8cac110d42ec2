import { expect, test } from 'vitest';
import { RefusalCoalescer, WINDOW_MS } from './refusal-coalescing.ts';

/** A counter whose reports are kept. */
function counted() {
  const counter = new RefusalCoalescer();
  const reports: string[] = [];
  const note = (key: string, now: number, allowance = 1) =>
    counter.record(key, (refusals) => Promise.resolve(reports.push(`${key} ${refusals}`)), { allowance, now });
  return { note, reports };
}

test('within its allowance every refusal is an event; the rest of the window is counted by the next one', async () => {
  const { note, reports } = counted();
  for (let n = 0; n < 5; n++) await note('a', n, 2);
  expect(reports).toEqual(['a 1', 'a 1']);
  await note('a', WINDOW_MS, 2);
  expect(reports.at(-1)).toBe('a 4');
});

test('what a window had not reported is reported once it has ended, even if the same refusal never comes again', async () => {
  const { note, reports } = counted();
  for (let n = 0; n < 5; n++) await note('a', n);
  await note('b', WINDOW_MS + 10);
  expect(reports).toEqual(['a 1', 'a 4', 'b 1']);
});

test('the number of windows is bounded: further keys are counted by kind', async () => {
  const { note, reports } = counted();
  for (let n = 0; n < 10_500; n++) await note(`kind:${n}`, 0);
  expect(reports).toHaveLength(10_001);
});
