/** `npm run bench -- NAME`: runs a benchmark of tests/bench. Its last line on stdout is a JSON object. */
import { spawn } from 'node:child_process';
import { benchArguments, MEASUREMENTS } from './support/docs/performance.ts';
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';

const USAGE = `npm run bench -- NAME [--rows N] [--grow N] [--json]
npm run bench -- all [--rows N] [--json]     every measurement, one after another; N is 50000 where nothing else is said

${MEASUREMENTS.map(({ name, about }) => `  ${name.padEnd(8)} ${about}`).join('\n')}

Bounds are ratios of a figure to a limit that is measured in the same run, so they hold on any machine; what else runs beside it still
makes them vary. The last line on stdout is one JSON object with the figures and the bounds. Progress goes to stderr.
BENCH_DATABASE_URL names a migrated database to use instead of an embedded server (its audit log is filled).

Exit: 0 every bound was kept, 1 one was not, or the measurement failed, 2 wrong use.`;

const OPTIONS = { rows: { type: 'string' }, grow: { type: 'string' }, json: { type: 'boolean' } } as const;

/** The Node options of the export command: a small young generation and a heap limit of 80 MiB. */
const FLAGS: Record<string, string[]> = { export: ['--max-semi-space-size=4', '--max-old-space-size=80'] };

/** Large enough to dominate the start-up time. */
const ROWS_OF_ALL = 50_000;

async function main({ values, positionals }: Given<typeof OPTIONS>): Promise<number> {
  const [name, ...rest] = positionals;
  const names = ['all', ...MEASUREMENTS.map((measurement) => measurement.name)];
  if (name === undefined || rest.length > 0 || !names.includes(name))
    throw new WrongUsage(`one measurement is wanted: ${names.join(', ')}`);
  for (const option of ['rows', 'grow'] as const)
    if (values[option] !== undefined && !/^[1-9]\d{3,7}$/.test(values[option]))
      throw new WrongUsage(`--${option} takes a number from 1000 to 50000000`);
  if (name === 'all') return runAll(Number(values.rows ?? ROWS_OF_ALL), values.json ?? false);
  const size = (['rows', 'grow'] as const).flatMap((option) => (values[option] ? [`--${option}`, values[option]] : []));
  const measurement = MEASUREMENTS.find((each) => each.name === name);
  const file = measurement?.bench ?? name;
  const standard = measurement?.bench === undefined ? [] : benchArguments(measurement).slice(1, -1);
  const { code, last } = await run(
    file,
    [...(size.length > 0 ? size : standard), ...(values.json ? ['--json'] : [])],
    !values.json,
  );
  if (values.json || code === 0 || last.startsWith('{')) console.log(last);
  return code;
}

/** Runs the benchmarks sequentially, so that they do not compete. */
async function runAll(rows: number, json: boolean): Promise<number> {
  const results: Record<string, unknown> = {};
  let worst = 0;
  for (const measurement of MEASUREMENTS) {
    process.stderr.write(`${measurement.name}\n`);
    const [file = '', ...args] = benchArguments(measurement, rows);
    const { code, last } = await run(file, json ? args : args.filter((word) => word !== '--json'), !json);
    worst = Math.max(worst, code);
    results[measurement.name] = last.startsWith('{') ? (JSON.parse(last) as unknown) : { failed: true };
  }
  console.log(JSON.stringify(results));
  return worst;
}

/** Runs a file of tests/bench and returns its last line; prints the others if `show`. */
function run(file: string, args: string[], show: boolean): Promise<{ code: number; last: string }> {
  const child = spawn(process.execPath, [...(FLAGS[file] ?? []), `tests/bench/${file}.ts`, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { LOG_LEVEL: 'error', ...process.env },
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  // The terminal also sends the signal to the child.
  const wait = () => undefined;
  const forwardSignal = () => child.kill('SIGTERM');
  process.on('SIGINT', wait).on('SIGTERM', forwardSignal);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', wait).off('SIGTERM', forwardSignal);
      const lines = out.trimEnd().split('\n');
      const last = lines.pop() ?? '';
      if (show) for (const line of lines) console.log(line);
      resolve({ code: code ?? 1, last });
    });
  });
}

await runCommand({ name: 'bench', usage: USAGE, options: OPTIONS, positionals: true, failed: 1 }, main);
