import { spawn } from 'node:child_process';
import { ROLES } from '#lib/access/permissions.ts';
import { issueKey } from '#lib/agents/key-admin.ts';
import { newAgent, registerAgent } from '#lib/agents/registry.ts';
import { corruptingProxy, type BrowserDefect } from '../smoke/corrupting-proxy.ts';
import { ADMIN_CONTEXT, unwrap } from '../support/agents.ts';
import { startWorker } from '../support/worker.ts';
import { expect, test, type Person, type Site } from './support/test.ts';
import { bareEnvironment } from '../support/host.ts';

interface Report {
  kept: number;
  broken: number;
  skipped: number;
  checks: { name: string; state: string; detail: string }[];
}

type Account = Pick<Person, 'role' | 'email' | 'password'>;

const demoAccounts = ({ accounts }: Site): Account[] =>
  ROLES.map((role) => ({ role, email: `${role}@example.org`, password: accounts[role] }));

/** Runs the command as a person does, with nothing of this runner's own variables. */
async function smoke(accounts: Account[], origin: string, args: string[], env: Record<string, string> = {}) {
  const people = accounts.flatMap(({ role, email, password }) => [
    [`SMOKE_${role.toUpperCase()}_EMAIL`, email],
    [`SMOKE_${role.toUpperCase()}_PASSWORD`, password],
  ]);
  const child = spawn('node', ['scripts/smoke/browser.ts', '--origin', origin, '--json', ...args], {
    env: bareEnvironment({ ...(Object.fromEntries(people) as Record<string, string>), ...env }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { code, report: JSON.parse(out) as Report };
}

test('a working site passes every browser smoke check, and no session remains', async ({ site, db, person }) => {
  await using worker = await startWorker(site.urls.DATABASE_URL);
  const { id } = unwrap(await registerAgent(db, ADMIN_CONTEXT, newAgent.parse({ name: 'smoke-agent' })));
  const { secret } = unwrap(await issueKey(db, ADMIN_CONTEXT, id, null));
  // People of its own: other tests sign in and out meanwhile.
  const people = await Promise.all(ROLES.map(person));
  const { code, report } = await smoke(people, site.origin, [], { SMOKE_AGENT_KEY: secret });
  expect(
    report.checks.filter(({ state }) => state !== 'passed'),
    worker.output(),
  ).toEqual([]);
  expect(code).toBe(0);
  const userId = { in: people.map((someone) => someone.id) };
  expect(await db.session.count({ where: { userId } })).toBeGreaterThan(0);
  expect(await db.session.count({ where: { userId, endedAt: null } })).toBe(0);
});

/** The promise that each defect breaks, and the words that name it. Those of one line are there at once. */
const CAUGHT: [defect: BrowserDefect, promise: string, words: RegExp][][] = [
  [
    ['cookie-without-flags', 'sign-in', /session cookie of admin is not HttpOnly/],
    ['foreign-picture', 'mixed-content', /mixed content at \/: http:\/\/pictures\.example\.invalid/],
    ['more-repeats', 'audit-more', /shows a row twice/],
    ['filter-keeps-cursor', 'audit-filters', /a new filter keeps the cursor/],
  ],
  [['login-loop', 'signed-out', /redirect loop at \//]],
  [['broken-script', 'headers', /the browser complains about \/login/]],
];

for (const caught of CAUGHT) {
  test(`the smoke in a browser catches and names: ${caught.map(([defect]) => defect).join(', ')}`, async ({ site }) => {
    await using proxy = await corruptingProxy(
      site.origin,
      caught.map(([defect]) => defect),
    );
    const only = caught.map(([, name]) => name).join(',');
    const { code, report } = await smoke(demoAccounts(site), proxy.origin, ['--only', `${only},agent-event`]);
    expect(report.checks.filter(({ state }) => state === 'skipped').map(({ name }) => name)).toEqual(['agent-event']);
    for (const [, promise, words] of caught) {
      const found = report.checks.find(({ name }) => name === promise);
      expect(found).toEqual({ name: promise, state: 'failed', detail: expect.stringMatching(words) as unknown });
    }
    expect(code).toBe(1);
  });
}
