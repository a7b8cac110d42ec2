import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The smoke checks that need a browser, in order, with the input each needs. The tests are in tests/smoke. */
export const BROWSER_CHECKS = {
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
export type BrowserCheck = keyof typeof BROWSER_CHECKS;

/** A smoke check and its result. */
export interface BrowserCheckResult {
  name: string;
  state: 'passed' | 'failed';
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

/** Runs smoke checks in Chromium. @param env the origin, the accounts and the key, as tests/smoke/fixtures.ts reads them. */
export async function runInBrowser(
  names: readonly BrowserCheck[],
  env: Record<string, string>,
): Promise<BrowserCheckResult[]> {
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
  return names.map((name) => results.get(name) ?? { name, state: 'failed', detail: `was not run: ${unseen}` });
}

function readReport(json: string): BrowserCheckResult[] {
  if (!json.startsWith('{')) return [];
  const walk = (suite: Suite): BrowserCheckResult[] => [
    ...(suite.suites ?? []).flatMap(walk),
    ...(suite.specs ?? []).map(({ title, tests }): BrowserCheckResult => {
      const [run] = tests;
      const last = run?.results.at(-1);
      return last?.status === 'passed'
        ? { name: title, state: 'passed', detail: run?.annotations[0]?.description ?? '' }
        : { name: title, state: 'failed', detail: reasonOf(last) };
    }),
  ];
  return walk(JSON.parse(json) as Suite);
}

/** The message of the check, or the first line of any other error. */
function reasonOf(attempt: Attempt | undefined): string {
  // eslint-disable-next-line no-control-regex -- Playwright colours its messages
  const text = (attempt?.errors[0]?.message ?? attempt?.status ?? 'was not run').replace(/\u001b\[[\d;]*m/g, '');
  return (text.split('\n')[0] ?? '').replace(/^(Error|Broken): /, '');
}
