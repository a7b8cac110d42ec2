/**
 * A check of the preflight answers with findings: green holds, yellow works but should be looked at, red stops the deployment. Each
 * non-green finding says why and what to do. `skipped` is given by the runner alone and never counts as green.
 */
export type Light = 'green' | 'yellow' | 'red';

export interface Finding {
  light: Light;
  reason: string;
  fix?: string;
}

export interface Ran {
  code: number;
  /** stdout and stderr together. */
  output: string;
}

/** What checks look at; the caller makes it, so that a test can put anything in front of a check. */
export interface Context {
  /** Root of the repository. */
  root: string;
  /** The environment that will be deployed. */
  env: Record<string, string | undefined>;
  /** Nothing was deployed before: the public origin is not known yet. */
  firstDeployment: boolean;
  /** Runs a command in the root with the checking machine's own environment. */
  run: (command: string, args: string[]) => Promise<Ran>;
}

export interface Check {
  name: string;
  /** What holds when it is green. */
  promise: string;
  run(context: Context): Promise<Finding[]>;
}

/** It holds. */
export const green = (reason: string): Finding => ({ light: 'green', reason });
/** It works, and somebody should look at it. */
export const yellow = (reason: string, fix: string): Finding => ({ light: 'yellow', reason, fix });
/** It stops the deployment. */
export const red = (reason: string, fix: string): Finding => ({ light: 'red', reason, fix });

export interface Verdict {
  name: string;
  promise: string;
  light: Light | 'skipped';
  findings: Finding[];
}

const worst = (findings: Finding[]): Light =>
  findings.some(({ light }) => light === 'red')
    ? 'red'
    : findings.some(({ light }) => light === 'yellow')
      ? 'yellow'
      : 'green';

/** Runs one check; one that throws or answers nothing is red, for a check that did not run proves nothing. */
export async function judge(check: Check, context: Context): Promise<Verdict> {
  const { name, promise } = check;
  try {
    const findings = await check.run(context);
    if (findings.length === 0) throw new Error('the check answered nothing');
    return { name, promise, light: worst(findings), findings };
  } catch (error) {
    const finding = red(`could not check: ${(error as Error).message}`, 'mend what the message names and repeat');
    return { name, promise, light: 'red', findings: [finding] };
  }
}

/** The last lines of a command's output that are worth showing. */
export const tail = (output: string, lines = 3): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('npm '))
    .slice(-lines)
    .join(' | ');
