/** `npm run check`: the fast part of `npm test`, static checks and unit tests. */
import { runAllChecks } from './support/checks/run-all-checks.ts';
import { STEPS } from './support/checks/steps.ts';

const USAGE = `npm run check                     run every fast step
npm run check -- --only types     run some of them
npm run check -- --list           name them

Exit codes: 0 all passed, 1 something failed, 2 wrong arguments, 130 interrupted.`;

process.exitCode = await runAllChecks(
  USAGE,
  STEPS.filter(({ fast }) => fast),
);
