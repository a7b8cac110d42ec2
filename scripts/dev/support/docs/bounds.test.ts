import { expect, test } from 'vitest';
import { evaluateBounds, sentence } from './bounds.ts';

const FIGURES = { fast_ms: 3, slow_ms: 2, rows_s: 50, bare_rows_s: 100, none: 0 };

test('a bound is kept by the ratio of a figure to a limit of the same run, from either side', () => {
  const bounds = [
    { figure: 'fast_ms', limit: 'slow_ms', atMost: 1.5 },
    { figure: 'fast_ms', limit: 'slow_ms', atMost: 1.4 },
    { figure: 'rows_s', limit: 'bare_rows_s', atLeast: 0.5 },
    { figure: 'rows_s', limit: 'bare_rows_s', atLeast: 0.51 },
  ];
  expect(evaluateBounds(FIGURES, bounds).map(({ ratio, kept }) => [ratio, kept])).toEqual([
    [1.5, true],
    [1.5, false],
    [0.5, true],
    [0.5, false],
  ]);
  expect(bounds.map(sentence)).toEqual([
    'fast_ms at most 1.5 x slow_ms',
    'fast_ms at most 1.4 x slow_ms',
    'rows_s at least 0.5 x bare_rows_s',
    'rows_s at least 0.51 x bare_rows_s',
  ]);
});

test('a figure or a limit that was not measured keeps no bound', () => {
  for (const [figure, limit] of [
    ['missing', 'slow_ms'],
    ['slow_ms', 'missing'],
    ['none', 'none'],
  ] as const)
    expect(evaluateBounds(FIGURES, [{ figure, limit, atMost: 1_000 }])).toMatchObject([{ kept: false }]);
});
