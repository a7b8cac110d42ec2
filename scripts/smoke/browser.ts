/** `npm run smoke:browser -- --origin https://...`: smoke checks of a deployment in a real browser. */
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';
import { ACCOUNTS_USAGE, readAccounts } from './support/accounts.ts';
import { BROWSER_CHECKS, runInBrowser, type BrowserCheck } from './support/browser.ts';

const USAGE = `npm run smoke:browser -- --origin https://app.example.org [--commit SHA] [--json] [--public] [--only NAMES]

${ACCOUNTS_USAGE}

  --public    only what needs no account
  --only      only these checks, separated by commas: ${Object.keys(BROWSER_CHECKS).join(', ')}
  --commit    the commit that must be served

Reads, signs in and out, and adds one event of an agent; it leaves no session behind.
Exit: 0 every check passed, 1 one failed, 2 wrong arguments, 3 could not run.`;

const OPTIONS = {
  origin: { type: 'string' },
  commit: { type: 'string' },
  only: { type: 'string' },
  public: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.origin === undefined || !URL.canParse(values.origin)) throw new WrongUsage('--origin is missing');
  const all = Object.keys(BROWSER_CHECKS) as BrowserCheck[];
  const asked = values.only?.split(',') ?? all;
  const unknown = asked.find((name) => !all.includes(name as BrowserCheck));
  if (unknown !== undefined) throw new WrongUsage(`there is no check "${unknown}"`);
  const accounts = values.public ? undefined : readAccounts();
  if (typeof accounts === 'string') throw new WrongUsage(accounts);

  const available = { accounts: accounts !== undefined, agentKey: accounts !== undefined && hasKey() };
  const fit = all.filter((name) => asked.includes(name) && (!needOf(name) || available[needOf(name) ?? 'accounts']));
  const left = all.filter((name) => asked.includes(name) && !fit.includes(name));
  const seen = await runInBrowser(fit, {
    SMOKE_ORIGIN: new URL(values.origin).origin,
    SMOKE_COMMIT: values.commit ?? '',
    SMOKE_ACCOUNTS: JSON.stringify(accounts ?? {}),
  });
  const skipped = left.map((name) => ({ name, state: 'skipped', detail: `needs ${needOf(name)}` }));
  return report([...seen, ...skipped], values.json);
}

const needOf = (name: BrowserCheck) => BROWSER_CHECKS[name];
const hasKey = () => (process.env.SMOKE_AGENT_KEY ?? '') !== '';

function report(results: { name: string; state: string; detail: string }[], json: boolean): number {
  const count = (state: string) => results.filter((promise) => promise.state === state).length;
  const summary = { passed: count('passed'), failed: count('failed'), skipped: count('skipped') };
  if (json) console.log(JSON.stringify({ ...summary, checks: results }));
  else {
    for (const { name, state, detail } of results)
      console.log(`${state.padEnd(8)} ${name.padEnd(16)} ${detail}`.trimEnd());
    console.log(`${summary.passed} passed, ${summary.failed} failed, ${summary.skipped} skipped`);
  }
  return summary.failed === 0 ? 0 : 1;
}

await runCommand({ name: 'smoke:browser', usage: USAGE, options: OPTIONS, failed: 3 }, main);
