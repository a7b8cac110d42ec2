/** `npm run smoke:browser -- --origin https://...`: the promises of a deployment, as people's browsers meet them. */
import { runCommand, WrongUsage, type Given } from '../support/run-command.ts';
import { ACCOUNTS_USAGE, readAccounts } from './support/accounts.ts';
import { BROWSER_PROMISES, seeInBrowser, type BrowserPromise } from './support/browser.ts';

const USAGE = `npm run smoke:browser -- --origin https://app.example.org [--commit SHA] [--json] [--public] [--only NAMES]

${ACCOUNTS_USAGE}

  --public    only what needs no account
  --only      some promises, separated by commas: ${Object.keys(BROWSER_PROMISES).join(', ')}
  --commit    the commit that must be served

Reads, signs in and out, and adds one event of an agent; it leaves no session behind.
Exit: 0 every promise holds, 1 one is broken, 2 wrong arguments, 3 could not try.`;

const OPTIONS = {
  origin: { type: 'string' },
  commit: { type: 'string' },
  only: { type: 'string' },
  public: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;

async function main({ values }: Given<typeof OPTIONS>): Promise<number> {
  if (values.origin === undefined || !URL.canParse(values.origin)) throw new WrongUsage('--origin is missing');
  const all = Object.keys(BROWSER_PROMISES) as BrowserPromise[];
  const asked = values.only?.split(',') ?? all;
  const unknown = asked.find((name) => !all.includes(name as BrowserPromise));
  if (unknown !== undefined) throw new WrongUsage(`there is no promise "${unknown}"`);
  const accounts = values.public ? undefined : readAccounts();
  if (typeof accounts === 'string') throw new WrongUsage(accounts);

  const told = { accounts: accounts !== undefined, agentKey: accounts !== undefined && hasKey() };
  const fit = all.filter((name) => asked.includes(name) && (!needOf(name) || told[needOf(name) ?? 'accounts']));
  const left = all.filter((name) => asked.includes(name) && !fit.includes(name));
  const seen = await seeInBrowser(fit, {
    SMOKE_ORIGIN: new URL(values.origin).origin,
    SMOKE_COMMIT: values.commit ?? '',
    SMOKE_ACCOUNTS: JSON.stringify(accounts ?? {}),
  });
  const skipped = left.map((name) => ({ name, state: 'skipped', detail: `needs ${needOf(name)}` }));
  return tell([...seen, ...skipped], values.json);
}

const needOf = (name: BrowserPromise) => BROWSER_PROMISES[name];
const hasKey = () => (process.env.SMOKE_AGENT_KEY ?? '') !== '';

function tell(promises: { name: string; state: string; detail: string }[], json: boolean): number {
  const count = (state: string) => promises.filter((promise) => promise.state === state).length;
  const summary = { kept: count('kept'), broken: count('broken'), skipped: count('skipped') };
  if (json) console.log(JSON.stringify({ ...summary, promises }));
  else {
    for (const { name, state, detail } of promises)
      console.log(`${state.padEnd(8)} ${name.padEnd(16)} ${detail}`.trimEnd());
    console.log(`${summary.kept} kept, ${summary.broken} broken, ${summary.skipped} skipped`);
  }
  return summary.broken === 0 ? 0 : 1;
}

await runCommand({ name: 'smoke:browser', usage: USAGE, options: OPTIONS, failed: 3 }, main);
