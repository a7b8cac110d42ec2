import { expect, test } from 'vitest';
import { detectAnomalies } from './anomalies.ts';

const USUAL = [100, 110, 95, 105, 98, 102, 107, 99, 101, 104];

test('a spike and a gap are detected independently of each other', () => {
  expect(detectAnomalies([...USUAL, 900, 0])).toEqual([...USUAL.map(() => null), 'spike', 'gap']);
});

test('ordinary days, an even log and a weekly rhythm are left alone', () => {
  expect(detectAnomalies(USUAL)).toEqual(USUAL.map(() => null));
  expect(detectAnomalies(Array<number>(10).fill(1000))).toEqual(Array(10).fill(null));
  const weeks = [100, 100, 100, 100, 100, 30, 30, 100, 100, 100, 100, 100, 30, 30];
  expect(detectAnomalies(weeks)).toEqual(weeks.map(() => null));
});

test('a quiet log and a young one have nothing to compare with', () => {
  expect(detectAnomalies([0, 1, 0, 2, 0, 0, 1, 0])).toEqual(Array(8).fill(null));
  expect(detectAnomalies([1, 1, 5000])).toEqual([null, null, null]);
});
