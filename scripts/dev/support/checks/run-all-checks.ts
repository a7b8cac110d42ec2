import { parseArgs } from 'node:util';
import { runStep, type Outcome } from './run-step.ts';
import type { Step } from './steps.ts';
import { takeUnchecked } from '../../../../tests/support/process/unchecked.ts';

/**
 * Runs the step groups in parallel, prints a line per step and the summary `N passed, N failed, N skipped`. @param flags further boolean
 * options read by the caller. @returns the exit code: 0 passed, 1 failed, 2 invalid arguments, 130 interrupted.
 */
export async function runAllChecks(
  usage: string,
  all: readonly Step[],
  flags: readonly string[] = [],
): Promise<number> {
  const steps = choose(usage, all, flags);
  if (typeof steps === 'number') return steps;
  const interrupt = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupt.abort());

  takeUnchecked();
  const total = { passed: 0, failed: 0, skipped: 0 };
  const broken = new Set<string>();
  const run = async (group: readonly Step[]) => {
    for (const step of group) {
      if (interrupt.signal.aborted) return;
      const outcome =
        step.needs !== undefined && broken.has(step.needs)
          ? notRun(`not run: ${step.needs} failed`)
          : await runStep(step, interrupt.signal);
      if (outcome.failed > 0) broken.add(step.name);
      total.passed += outcome.passed;
      total.failed += outcome.failed;
      total.skipped += outcome.skipped;
      print(step, outcome);
    }
  };
  await Promise.all([...Map.groupBy(steps, ({ group }) => group).values()].map(run));
  if (interrupt.signal.aborted) {
    console.error('interrupted');
    return 130;
  }
  for (const line of takeUnchecked()) console.log(line);
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 ? 0 : 1;
}

function choose(usage: string, all: readonly Step[], flags: readonly string[]): readonly Step[] | number {
  const values = readArguments(flags);
  if (values === undefined) return 2;
  if (values.help || values.list) {
    console.log(values.help ? usage : all.map(({ name }) => name).join('\n'));
    return 0;
  }
  const wanted = values.only?.flatMap((names) => names.split(',')) ?? all.map(({ name }) => name);
  const unknown = wanted.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0) {
    console.error(`There is no step "${unknown.join('", "')}"; --list names them.`);
    return 2;
  }
  return all.filter(({ name }) => wanted.includes(name));
}

function readArguments(flags: readonly string[]) {
  try {
    return parseArgs({
      options: {
        only: { type: 'string', multiple: true },
        list: { type: 'boolean' },
        help: { type: 'boolean' },
        ...Object.fromEntries(flags.map((name) => [name, { type: 'boolean' as const }])),
      },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message.split('\n', 1)[0]}; --help shows the usage.`);
    return undefined;
  }
}

const notRun = (output: string): Outcome => ({ passed: 0, failed: 1, skipped: 0, seconds: 0, output });

function print(step: Step, { passed, failed, skipped, seconds, output }: Outcome): void {
  const counts = [`${passed} passed`, failed > 0 && `${failed} FAILED`, skipped > 0 && `${skipped} skipped`];
  if (failed > 0) console.log(`\n${output}\n`);
  console.log(`${failed > 0 ? '✗' : '✓'} ${step.name}: ${counts.filter(Boolean).join(', ')} (${seconds.toFixed(1)} s)`);
}
