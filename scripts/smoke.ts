/** `npm run smoke -- --origin https://...`: smoke checks of a deployment over HTTP, without a browser, in under 20 s. */
import { runCommand, WrongUsage, type Given } from './support/run-command.ts';
import { ACCOUNTS_USAGE, readAccounts } from './smoke/support/accounts.ts';
import { SMOKE_CHECKS } from './smoke/support/checks.ts';
import type { Smoke } from './smoke/support/run.ts';
import { CheckFailure } from './smoke/support/http-visitor.ts';

const USAGE = `npm run smoke -- --origin https://app.example.org [--commit SHA] [--json] [--public]

${ACCOUNTS_USAGE}

  --public    only what needs no account
  --commit    the commit that must be served

Reads, signs in and out, and adds one event of an agent. Exit: 0 every check passed, 1 one failed, 2 wrong arguments, 3 could not run.`;

const OPTIONS = {
  origin: { type: 'string' },
  commit: { type: 'string' },
  public: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.origin === undefined || !URL.canParse(values.origin)) throw new WrongUsage('--origin is missing');
  const accounts = values.public ? undefined : readAccounts();
  if (typeof accounts === 'string') throw new WrongUsage(accounts);
  const agentKey = values.public ? undefined : process.env.SMOKE_AGENT_KEY;
  const smoke: Smoke = { origin: values.origin, commit: values.commit, accounts, agentKey, visitors: new Map() };
  const results = await runSmokeChecks(smoke, values.json);
  const broken = results.filter(({ state }) => state === 'failed');
  const count = (state: string) => results.filter((result) => result.state === state).length;
  const summary = { passed: count('passed'), failed: broken.length, skipped: count('skipped') };
  console.log(
    values.json
      ? JSON.stringify({ ...summary, checks: results })
      : `${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`,
  );
  return broken.length === 0 ? 0 : 1;
}

interface Result {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  detail: string;
}

async function runSmokeChecks(smoke: Smoke, quiet: boolean): Promise<Result[]> {
  const results: Result[] = [];
  try {
    for (const { name, needs, run } of SMOKE_CHECKS) {
      const result: Result =
        needs !== undefined && smoke[needs] === undefined
          ? { name, state: 'skipped', detail: `needs ${needs === 'accounts' ? 'accounts' : 'SMOKE_AGENT_KEY'}` }
          : await run(smoke).then(
              (detail) => ({ name, state: 'passed' as const, detail }),
              (error: unknown) => ({ name, state: 'failed' as const, detail: explain(error) }),
            );
      results.push(result);
      if (!quiet) console.log(`${result.state.padEnd(8)} ${name.padEnd(16)} ${result.detail}`);
    }
  } finally {
    // Ends the sessions of the run, whatever failed before.
    await Promise.allSettled([...smoke.visitors.values()].map((visitor) => visitor.signOut()));
  }
  return results;
}

const explain = (error: unknown) =>
  error instanceof CheckFailure ? error.message : `unexpected: ${(error as Error).message}`;

await runCommand({ name: 'smoke', usage: USAGE, options: OPTIONS, failed: 3 }, main);
