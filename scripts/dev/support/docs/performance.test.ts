import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MEASUREMENTS, benchArguments, keepResult, renderPerformance } from './performance.ts';

test('each measurement runs at the size that the document shows, or at another one to try it out', () => {
  const byName = Object.fromEntries(MEASUREMENTS.map((measurement) => [measurement.name, benchArguments(measurement)]));
  expect(byName.audit).toEqual(['audit', '--rows', '10000000', '--json']);
  expect(byName.growth).toEqual(['ingest', '--grow', '10000000', '--rows', '100000', '--json']);
  expect(byName.web).toEqual(['web', '--json']);
  for (const measurement of MEASUREMENTS)
    expect(benchArguments(measurement, 2000).filter((part) => /0{4}/.test(part))).toEqual([]);
});

test('a result replaces its own part of the document alone, with its machine and the bounds that it did not keep', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'golive-performance-'));
  const result = {
    command: 'npm run bench -- seal',
    at: '2026-01-02',
    machine: '2 cores',
    figures: { rows: 5 },
    bounds: [{ figure: 'rows', limit: 'rows', atMost: 2, ratio: 1, kept: true }],
  };
  keepResult(folder, 'seal', result);
  const bounds = [{ figure: 'batch_ms', limit: 'bare_batch_ms', atMost: 8, ratio: 9, kept: false }];
  keepResult(folder, 'prune', { ...result, bounds, figures: { batch_ms: 51 } });
  const text = renderPerformance(folder);
  expect(text).toContain(
    '`npm run bench -- seal`, 2026-01-02, 2 cores:\n\n| Figure | Value |\n| --- | --- |\n| rows | 5 |\n\n| Bound | Ratio | |\n| --- | --- | --- |\n| rows at most 2 x rows | 1 | kept |\n\n##',
  );
  expect(text).toContain('| batch_ms at most 8 x bare_batch_ms | 9 | **not kept** |');
  expect(text).toContain('Not measured yet: `npm run docs:performance -- --only audit`');
  await rm(folder, { recursive: true });
});
