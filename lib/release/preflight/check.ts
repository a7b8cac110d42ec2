/**
 * Findings of a preflight check: green passes, yellow is a warning, red stops the deployment. Findings that are not green have a reason and
 * a fix. `skipped` is set by the runner and never counts as green.
 */
export type Light = 'green' | 'yellow' | 'red';

export interface CheckFinding {
  light: Light;
  reason: string;
  fix?: string;
}

export interface CommandResult {
  code: number;
  /** stdout and stderr together. */
  output: string;
}

/** Input of the checks, provided by the caller for testability. */
export interface Context {
  /** Root of the repository. */
  root: string;
  /** The environment that will be deployed. */
  env: Record<string, string | undefined>;
  /** First deployment: the public origin is not known yet. */
  firstDeployment: boolean;
  /** Runs a command in the root with the checking machine's own environment. */
  run: (command: string, args: string[]) => Promise<CommandResult>;
}

export interface Check {
  name: string;
  /** What a green result guarantees. */
  description: string;
  run(context: Context): Promise<CheckFinding[]>;
}

/** Passed. */
export const green = (reason: string): CheckFinding => ({ light: 'green', reason });
/** A warning. */
export const yellow = (reason: string, fix: string): CheckFinding => ({ light: 'yellow', reason, fix });
/** Stops the deployment. */
export const red = (reason: string, fix: string): CheckFinding => ({ light: 'red', reason, fix });

export interface CheckResult {
  name: string;
  description: string;
  light: Light | 'skipped';
  findings: CheckFinding[];
}

const worst = (findings: CheckFinding[]): Light =>
  findings.some(({ light }) => light === 'red')
    ? 'red'
    : findings.some(({ light }) => light === 'yellow')
      ? 'yellow'
      : 'green';

/** Runs a check; one that throws or returns nothing is red. */
export async function runCheck(check: Check, context: Context): Promise<CheckResult> {
  const { name, description } = check;
  try {
    const findings = await check.run(context);
    if (findings.length === 0) throw new Error('the check answered nothing');
    return { name, description, light: worst(findings), findings };
  } catch (error) {
    const finding = red(`could not check: ${(error as Error).message}`, 'fix the cause in the message and repeat');
    return { name, description, light: 'red', findings: [finding] };
  }
}

/** The last lines of a command's output that are worth showing. */
export const tail = (output: string, lines = 3): string =>
  output
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('npm '))
    .slice(-lines)
    .join(' | ');
