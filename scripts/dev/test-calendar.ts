/** `npm run test:calendar`: runs the tests under other dates, time zones and locales. */
import { CLOCKS, clockLibrary, clockName, clockStep, drift, missingLocales } from './support/checks/clocks.ts';
import { runAllChecks } from './support/checks/run-all-checks.ts';

const USAGE = `npm run test:calendar                    unit, infra and integration tests at two dates, one of them in another zone
npm run test:calendar -- --full          at every date, zone and language that is known to break beliefs
npm run test:calendar -- --full --list   name them
npm run test:calendar -- --only NAME     one of them

Shifts the clock of Node, of PostgreSQL and of each command with libfaketime (Debian: apt-get install libfaketime).
Prints a line for each date, and ends with one line: N passed, N failed, N skipped.
Exit codes: 0 all passed, 1 something failed, 2 wrong arguments, 3 could not check: libfaketime is missing, 130 interrupted.`;

/** Allowed deviation in seconds. */
const TOLERATED_SECONDS = 60;

const isFull = process.argv.includes('--full');
const clocks = CLOCKS.filter(({ short }) => isFull || short === true);
const [first] = clocks;
/** `--help` and argument errors need no clock. */
const isRun = process.argv.slice(2).every((word) => /^--(full|only)\b|^[^-]/.test(word));
const library = clockLibrary();

if (isRun && (library === undefined || first === undefined || drift(first, library) > TOLERATED_SECONDS)) {
  for (const clock of clocks) console.error(`not checked: ${clockName(clock)}`);
  console.error('libfaketime is missing or does not work here; on Debian and Ubuntu: apt-get install libfaketime');
  process.exitCode = 3;
} else {
  for (const locale of isRun ? missingLocales(clocks) : [])
    console.log(`not checked: programs that speak ${locale}, because it is not generated here (Debian: locales-all)`);
  const steps = clocks.map((clock) => clockStep(clock, library ?? ''));
  process.exitCode = await runAllChecks(USAGE, steps, ['full']);
}
