import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { endLeftovers, MARK } from './leaked-processes.ts';
import { signalGroup } from '../../../../tests/support/process/processes.ts';
import type { Step } from './steps.ts';

/** How a step ended. `output` is what it printed, stdout and stderr together. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  output: string;
}

const DEFAULT_LIMIT_MINUTES = 15;

/** A runner that was told to end stops its servers first, and on a busy machine that takes a while. */
const GRACE_MS = 30_000;

/** As `timeout` of the coreutils has it. */
const TIMED_OUT = 124;

/** The tests start hundreds of our commands: each takes a quarter less when Node keeps what it compiled. Gone with node_modules. */
const COMPILED = resolve('node_modules/.cache/golive-compiled');

/**
 * Runs one step in a process group of its own and counts its tests. It fails too when its runner exits non-zero without naming a failed
 * test, when it counts no test at all, when it outlives its limit, and when a process that it started is still alive afterwards.
 * @param signal ends the step's processes early.
 * @param grace how long, in milliseconds, what was told to end may take before it is killed.
 */
export async function runStep(step: Step, signal: AbortSignal, grace = GRACE_MS): Promise<Outcome> {
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'golive-step-'));
  const report = join(dir, 'report.json');
  const mark = randomUUID();
  try {
    const { code, output, group } = await execute(step, { report, mark, grace }, signal);
    const outcome = await count(step, report, code);
    const left = await endLeftovers(mark, group, grace);
    return {
      ...outcome,
      failed: outcome.failed + left.length,
      seconds: (performance.now() - started) / 1000,
      output: [output, ...left.map((command) => `still running at the end, now killed: ${command}`)].join('\n'),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Run {
  /** The file for the runner's report. */
  report: string;
  /** What the environment of every process of the step carries. */
  mark: string;
  grace: number;
}

interface Ended {
  code: number;
  output: string;
  group: number;
}

function execute(step: Step, { report, mark, grace }: Run, signal: AbortSignal): Promise<Ended> {
  const [command = '', ...args] = step.command;
  const reporting: Record<NonNullable<Step['report']>, string[]> = {
    vitest: ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    playwright: ['--reporter=list,json'],
  };
  const env = {
    ...process.env,
    ...step.env,
    [MARK]: mark,
    PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    NO_COLOR: '1',
    NODE_COMPILE_CACHE: COMPILED,
  };
  return new Promise((settle) => {
    const child = spawn(command, [...args, ...(step.report ? reporting[step.report] : [])], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const group = child.pid ?? 0;
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    let timedOut = false;
    let lastResort: NodeJS.Timeout | undefined;
    const end = () => {
      if (group === 0) return;
      signalGroup(group, 'SIGTERM');
      lastResort ??= setTimeout(() => signalGroup(group, 'SIGKILL'), grace);
    };
    const limit = step.limit ?? DEFAULT_LIMIT_MINUTES;
    const timer = setTimeout(() => {
      timedOut = true;
      chunks.push(Buffer.from(`\nended: it took longer than ${limit} minutes\n`));
      end();
    }, limit * 60_000);
    signal.addEventListener('abort', end);
    const done = (code: number) => {
      clearTimeout(timer);
      clearTimeout(lastResort);
      signal.removeEventListener('abort', end);
      // One that ends well when it is told to has not done its work.
      settle({ code: timedOut ? TIMED_OUT : code, output: Buffer.concat(chunks).toString().trim(), group });
    };
    child.on('error', (error) => {
      chunks.push(Buffer.from(error.message));
      done(127);
    });
    // Not `close`: a process left behind may hold the pipes open for ever.
    child.on('exit', (code) => setImmediate(() => done(code ?? 1)));
  });
}

type Counts = Pick<Outcome, 'passed' | 'failed' | 'skipped'>;

async function count(step: Step, report: string, code: number): Promise<Counts> {
  const failure = code === 0 ? 0 : 1;
  if (!step.report) return { passed: 1 - failure, failed: failure, skipped: 0 };
  const counts = await readReport(step.report, report).catch(() => ({ passed: 0, failed: 0, skipped: 0 }));
  const silent = counts.failed === 0 && (failure === 1 || counts.passed === 0);
  return silent ? { ...counts, failed: 1 } : counts;
}

interface VitestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
}

async function readReport(kind: NonNullable<Step['report']>, file: string): Promise<Counts> {
  const report: unknown = JSON.parse(await readFile(file, 'utf8'));
  if (kind === 'vitest') {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report as VitestReport;
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests + numTodoTests };
  }
  const { expected, unexpected, flaky, skipped } = (report as PlaywrightReport).stats;
  return { passed: expected, failed: unexpected + flaky, skipped };
}
