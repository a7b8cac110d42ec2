/**
 * `npm run docs:performance`: runs the measurements, keeps each result in docs/performance/, and writes docs/PERFORMANCE.md from them.
 *   -- --only audit,seal     only these
 *   -- --take audit=FILE     the last line of a run that was made already
 *   -- --check               only compares the document with the results
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const at = (path: string) => fileURLToPath(new URL(`../docs/${path}`, import.meta.url));

const MEASUREMENTS = [
  {
    name: 'audit',
    options: ['--rows', '10000000'],
    about:
      'A page of the log at the front and at half depth with the real query, and the same page by OFFSET and by the OR form.',
  },
  {
    name: 'seal',
    options: [],
    about:
      'Sealing and full verification, and inserts at 16 connections with the notes of the sealer over inserts without them.',
  },
  {
    name: 'prune',
    options: [],
    about: 'A month dropped whole, and the same number of rows removed in batches, each sealed, buried and signed.',
  },
  { name: 'export', options: [], about: 'An export to NDJSON with its manifest.' },
] as const;

interface Result {
  command: string;
  at: string;
  machine: string;
  figures: Record<string, number>;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, take: { type: 'string', multiple: true }, check: { type: 'boolean' } },
  });
  if (values.check) {
    if (readFileSync(at('PERFORMANCE.md'), 'utf8') === render()) return 0;
    console.error('docs/PERFORMANCE.md differs from docs/performance: npm run docs:performance');
    return 1;
  }
  mkdirSync(at('performance'), { recursive: true });
  const taken = new Map((values.take ?? []).map((entry) => entry.split('=', 2) as [string, string]));
  const only = values.only?.split(',');
  for (const { name, options } of MEASUREMENTS) {
    const file = taken.get(name);
    if (file === undefined && (taken.size > 0 || only?.includes(name) === false)) continue;
    const output = file === undefined ? await run(name, options) : readFileSync(file, 'utf8');
    keep(name, output);
  }
  writeFileSync(at('PERFORMANCE.md'), render());
  return 0;
}

function run(name: string, options: readonly string[]): Promise<string> {
  const child = spawn('npm', ['run', '--silent', 'bench', '--', name, ...options, '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve(output)));
}

function keep(name: string, output: string): void {
  const figures = JSON.parse(output.trim().split('\n').at(-1) ?? '') as Record<string, number>;
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`;
  const command = `npm run bench -- ${name} --rows ${figures.rows ?? 0} --json`;
  const result: Result = { command, at: new Date().toISOString().slice(0, 10), machine, figures };
  writeFileSync(at(`performance/${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

function render(): string {
  const parts = MEASUREMENTS.map(({ name, about }) => {
    const file = at(`performance/${name}.json`);
    if (!existsSync(file))
      return `## ${name}\n\n${about}\n\nNot measured yet: \`npm run docs:performance -- --only ${name}\`.\n`;
    const { command, at: day, machine, figures } = JSON.parse(readFileSync(file, 'utf8')) as Result;
    const rows = Object.entries(figures).map(([figure, value]) => `| ${figure} | ${value} |`);
    return `## ${name}\n\n${about}\n\n\`${command}\`, ${day}, ${machine}:\n\n| Figure | Value |\n| --- | --- |\n${rows.join('\n')}\n`;
  });
  return `# Performance\n\nMade by \`npm run docs:performance\` from the results in docs/performance; nothing here is typed by hand. Each measurement starts an\nembedded PostgreSQL of its own, or uses \`BENCH_DATABASE_URL\`. Times are in milliseconds as a client sees them, the median of several runs.\nA command exits with 1 when a bound is not kept, and says which.\n\n${parts.join('\n')}`;
}

process.exitCode = await main();
