/** `npm run docs:performance`: runs the benchmarks, stores their results, and generates docs/PERFORMANCE.md from them. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  MEASUREMENTS,
  benchArguments,
  keepResult,
  machineFacts,
  renderPerformance,
  type Measurement,
  type Result,
} from '../support/docs/performance.ts';
import type { BoundResult } from '../support/docs/bounds.ts';
import { runCommand, WrongUsage, type Given } from '../../support/run-command.ts';

const USAGE = `npm run docs:performance [-- options]
Runs the measurements one after another, on a machine that should do nothing else, and keeps each result as soon as it is there.

  --only a,b   only these: ${MEASUREMENTS.map(({ name }) => name).join(', ')}
  --rows N     another size, to try it out; then the results do not belong into the document: use --into
  --into DIR   keep results and document in a folder of your own
  --render     only make the document of the results that are kept
  --check      only compare the document with the results

Exit: 0 done, 1 a bound was not kept or the document differs, 2 wrong use, 3 a measurement failed; the others are kept.`;

const EXIT = { done: 0, broken: 1, failed: 3 } as const;
const DOCS = fileURLToPath(new URL('../../../docs', import.meta.url));

const OPTIONS = {
  only: { type: 'string' },
  rows: { type: 'string' },
  into: { type: 'string' },
  render: { type: 'boolean' },
  check: { type: 'boolean' },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  const names = values.only?.split(',') ?? MEASUREMENTS.map(({ name }) => name);
  const wanted = MEASUREMENTS.filter(({ name }) => names.includes(name));
  const rows = values.rows === undefined ? undefined : Number(values.rows);
  if (wanted.length < names.length)
    throw new WrongUsage(`--only takes ${MEASUREMENTS.map(({ name }) => name).join(', ')}`);
  if (rows !== undefined && values.into === undefined)
    throw new WrongUsage('--rows needs --into: the document shows full sizes');

  const into = values.into ?? DOCS;
  const [results, document] = [`${into}/performance`, `${into}/PERFORMANCE.md`];
  if (values.check) {
    if (readFileSync(document, 'utf8') === renderPerformance(results)) return EXIT.done;
    return finish(
      'docs/PERFORMANCE.md differs from docs/performance: npm run docs:performance -- --render',
      EXIT.broken,
    );
  }
  let code: number = EXIT.done;
  for (const measurement of values.render ? [] : wanted) {
    code = Math.max(code, await measure(measurement, rows, results));
    writeFileSync(document, renderPerformance(results));
  }
  if (values.render) writeFileSync(document, renderPerformance(results));
  return code;
}

/** Runs one benchmark and stores its result, also when a bound was exceeded. */
async function measure(measurement: Measurement, rows: number | undefined, results: string): Promise<number> {
  const args = benchArguments(measurement, rows);
  const machine = machineFacts();
  const measured = readResult(await run(args));
  if (measured === undefined)
    return finish(`${measurement.name} ended without a result; the former one stays`, EXIT.failed);
  const command = `npm run bench -- ${args.join(' ')}`;
  keepResult(results, measurement.name, {
    command,
    at: new Date().toISOString().slice(0, 10),
    machine,
    ...measured,
  });
  return measured.bounds.every(({ kept }) => kept) ? EXIT.done : EXIT.broken;
}

function readResult(stdout: string): Pick<Result, 'figures' | 'bounds'> | undefined {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (!last.startsWith('{')) return undefined;
  const { bounds, ...figures } = JSON.parse(last) as Record<string, number> & { bounds: BoundResult[] };
  return { figures, bounds };
}

/** Progress is passed on to stderr. */
function run(args: string[]): Promise<string> {
  const child = spawn('npm', ['run', '--silent', 'bench', '--', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let stdout = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve(stdout)));
}

function finish(text: string, code: number): number {
  console.error(text);
  return code;
}

await runCommand({ name: 'docs:performance', usage: USAGE, options: OPTIONS, failed: EXIT.failed }, main);
