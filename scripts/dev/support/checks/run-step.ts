import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { killLeakedProcesses, MARK } from './leaked-processes.ts';
import { signalGroup } from '../../../../tests/support/process/processes.ts';
import type { Step } from './steps.ts';

/** Result of a step. `output` is stdout and stderr combined. */
export interface Outcome {
  passed: number;
  failed: number;
  skipped: number;
  seconds: number;
  output: string;
}

const DEFAULT_LIMIT_MINUTES = 15;

/** Time for a runner to stop its servers. */
const GRACE_MS = 30_000;

/** As `timeout` of the coreutils has it. */
const TIMED_OUT = 124;

/** Compile cache: the tests start hundreds of commands, each 25 % faster with it. */
const COMPILED = resolve('node_modules/.cache/golive-compiled');

/**
 * Runs one step in its own process group and counts its tests. Also fails on a non-zero exit code without a failed test, on zero tests, on
 * a timeout, and on leaked processes. @param signal stops the step. @param grace milliseconds between SIGTERM and SIGKILL.
 */
export async function runStep(step: Step, signal: AbortSignal, grace = GRACE_MS): Promise<Outcome> {
  const started = performance.now();
  const dir = await mkdtemp(join(tmpdir(), 'golive-step-'));
  const report = join(dir, 'report.json');
  const mark = randomUUID();
  try {
    const { code, output, group } = await execute(step, { report, mark, grace }, signal);
    const outcome = await count(step, report, code);
    const leaked = await killLeakedProcesses(mark, group, grace);
    return {
      ...outcome,
      failed: outcome.failed + leaked.length,
      seconds: (performance.now() - started) / 1000,
      output: [output, ...leaked.map((command) => `still running at the end, now killed: ${command}`)].join('\n'),
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

interface Run {
  /** Path of the runner's JSON report. */
  report: string;
  /** Value of the marker variable in the environment of the step's processes. */
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
      // Exit code 0 after a stop does not mean success.
      settle({ code: timedOut ? TIMED_OUT : code, output: Buffer.concat(chunks).toString().trim(), group });
    };
    child.on('error', (error) => {
      chunks.push(Buffer.from(error.message));
      done(127);
    });
    // Not `close`: a leaked process may hold the pipes open.
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
