/** `npm run smoke -- --origin https://...`: the promises of a deployment, without a browser, in under 20 s. */
import { runCommand, WrongUsage, type Given } from './support/run-command.ts';
import { ACCOUNTS_USAGE, readAccounts } from './smoke/support/accounts.ts';
import { PROMISES } from './smoke/support/checks.ts';
import type { Smoke } from './smoke/support/run.ts';
import { Broken } from './smoke/support/http-visitor.ts';

const USAGE = `npm run smoke -- --origin https://app.example.org [--commit SHA] [--json] [--public]

${ACCOUNTS_USAGE}

  --public    only what needs no account
  --commit    the commit that must be served

Reads, signs in and out, and adds one event of an agent. Exit: 0 every promise holds, 1 one is broken, 2 wrong arguments, 3 could not try.`;

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
  const results = await keepAll(smoke, values.json);
  const broken = results.filter(({ state }) => state === 'broken');
  const count = (state: string) => results.filter((result) => result.state === state).length;
  const summary = { kept: count('kept'), broken: broken.length, skipped: count('skipped') };
  console.log(
    values.json
      ? JSON.stringify({ ...summary, promises: results })
      : `${summary.kept} kept, ${summary.broken} broken, ${summary.skipped} skipped`,
  );
  return broken.length === 0 ? 0 : 1;
}

interface Result {
  name: string;
  state: 'kept' | 'broken' | 'skipped';
  detail: string;
}

async function keepAll(smoke: Smoke, quiet: boolean): Promise<Result[]> {
  const results: Result[] = [];
  try {
    for (const { name, needs, keep } of PROMISES) {
      const result: Result =
        needs !== undefined && smoke[needs] === undefined
          ? { name, state: 'skipped', detail: `needs ${needs === 'accounts' ? 'accounts' : 'SMOKE_AGENT_KEY'}` }
          : await keep(smoke).then(
              (detail) => ({ name, state: 'kept' as const, detail }),
              (error: unknown) => ({ name, state: 'broken' as const, detail: explain(error) }),
            );
      results.push(result);
      if (!quiet) console.log(`${result.state.padEnd(8)} ${name.padEnd(16)} ${result.detail}`);
    }
  } finally {
    // Whatever broke in between, no session of ours stays behind.
    await Promise.allSettled([...smoke.visitors.values()].map((visitor) => visitor.signOut()));
  }
  return results;
}

const explain = (error: unknown) =>
  error instanceof Broken ? error.message : `unexpected: ${(error as Error).message}`;

await runCommand({ name: 'smoke', usage: USAGE, options: OPTIONS, failed: 3 }, main);
