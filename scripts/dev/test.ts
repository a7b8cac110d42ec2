/** `npm test`: runs all checks, from formatting to browser tests. */
import { runAllChecks } from './support/checks/run-all-checks.ts';
import { STEPS } from './support/checks/steps.ts';

const USAGE = `npm test                     run every step
npm test -- --only unit,e2e  run some of them
npm test -- --list           name them

Ends with one line: N passed, N failed, N skipped. Exit codes: 0 all passed, 1 something failed, 2 wrong arguments, 130 interrupted.`;

process.exitCode = await runAllChecks(USAGE, STEPS);
