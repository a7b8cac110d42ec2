import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What the smoke sees through a browser, in its order, and what it must be told for it. The tests are in tests/smoke. */
export const BROWSER_PROMISES = {
  health: undefined,
  'signed-out': undefined,
  headers: undefined,
  'sign-in': 'accounts',
  roles: 'accounts',
  'mixed-content': 'accounts',
  'audit-sign-in': 'accounts',
  'audit-more': 'accounts',
  'audit-filters': 'accounts',
  'agent-event': 'agentKey',
  'sign-out': 'accounts',
} as const;
export type BrowserPromise = keyof typeof BROWSER_PROMISES;

/** One promise and what became of it. */
export interface Seen {
  name: string;
  state: 'kept' | 'broken';
  detail: string;
}

interface Suite {
  suites?: Suite[];
  specs?: { title: string; tests: { annotations: { description?: string }[]; results: Attempt[] }[] }[];
}

interface Attempt {
  status: string;
  errors: { message?: string }[];
}

const CONFIG = 'tests/smoke/playwright.config.ts';
const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** Runs promises in Chromium. @param env the origin, the accounts and the key, as tests/smoke/fixtures.ts reads them. */
export async function seeInBrowser(names: readonly BrowserPromise[], env: Record<string, string>): Promise<Seen[]> {
  const args = ['test', '--config', CONFIG, '--reporter', 'json', '--grep', ` (${names.join('|')})$`];
  const printed = await new Promise<{ out: string; trouble: string }>((resolve) => {
    execFile(
      'playwright',
      args,
      { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 64 << 20 },
      (_error, out, err) => resolve({ out, trouble: err || out }),
    );
  });
  const results = new Map(readReport(printed.out).map((seen) => [seen.name, seen]));
  const unseen = printed.trouble.trim().split('\n').at(-1) ?? '';
  return names.map((name) => results.get(name) ?? { name, state: 'broken', detail: `was not run: ${unseen}` });
}

function readReport(json: string): Seen[] {
  if (!json.startsWith('{')) return [];
  const walk = (suite: Suite): Seen[] => [
    ...(suite.suites ?? []).flatMap(walk),
    ...(suite.specs ?? []).map(({ title, tests }): Seen => {
      const [run] = tests;
      const last = run?.results.at(-1);
      return last?.status === 'passed'
        ? { name: title, state: 'kept', detail: run?.annotations[0]?.description ?? '' }
        : { name: title, state: 'broken', detail: reasonOf(last) };
    }),
  ];
  return walk(JSON.parse(json) as Suite);
}

/** The sentence of the promise; of anything else, what Playwright says first. */
function reasonOf(attempt: Attempt | undefined): string {
  // eslint-disable-next-line no-control-regex -- Playwright colours its messages
  const text = (attempt?.errors[0]?.message ?? attempt?.status ?? 'was not run').replace(/\u001b\[[\d;]*m/g, '');
  return (text.split('\n')[0] ?? '').replace(/^(Error|Broken): /, '');
}
