import { expect, test } from 'vitest';
import { COMMIT, DEFECTS, emailOf, modelServer, PASSWORD, type Defect } from '../../smoke/model-server.ts';
import { run } from './release-cluster.ts';

/** The promise that each defect breaks, and the words that name it. */
const CAUGHT: Record<Defect, [promise: string, words: RegExp]> = {
  'redirect-loop': ['signed-out', /redirect loop: .* → /],
  'insecure-cookie': ['sign-in', /session cookie is not httponly/],
  'open-admin': ['roles', /auditor gets 200 at \/admin, not 403/],
  'closed-audit': ['roles', /auditor gets 403 at \/audit, not 200/],
  'duplicate-rows': ['audit-more', /shows a row twice/],
  'wrong-order': ['audit-more', /not newest first/],
  'cursor-survives-filters': ['audit-more', /cursor of other filters is taken/],
  'stale-commit': ['health', /stale commit: b+ is served, not a+/],
  unhealthy: ['health', /answers 503/],
  'no-sign-in-event': ['audit-sign-in', /sign-in of admin@example.org is not in the audit log/],
  'missing-csp': ['headers', /lacks content-security-policy/],
  'same-nonce': ['headers', /same nonce/],
  'powered-by': ['headers', /x-powered-by/],
  'cookie-outlives-sign-out': ['sign-out', /copied cookie of admin outlives/],
  'anyone-signs-in': ['wrong-password', /anyone can sign in/],
  'nobody-signs-in': ['sign-in', /gives no session \(HTTP 401\)/],
  'form-refused': ['sign-in-form', /by the form gives no session \(HTTP 403\): is NEXTAUTH_URL this origin/],
  'open-api': ['roles', /signed out, \/api\/audit answers 200/],
  'other-origin': ['signed-out', /another origin, https:\/\/elsewhere.example.org: is NEXTAUTH_URL/],
  'dead-worker': ['agent-event', /does the worker run/],
};

const ACCOUNTS = Object.fromEntries(
  (['admin', 'auditor', 'user'] as const).flatMap((role) => [
    [`SMOKE_${role.toUpperCase()}_EMAIL`, emailOf(role)],
    [`SMOKE_${role.toUpperCase()}_PASSWORD`, PASSWORD],
  ]),
);

interface Report {
  kept: number;
  broken: number;
  skipped: number;
  checks: { name: string; state: string; detail: string }[];
}

async function smoke(defect?: Defect) {
  await using server = await modelServer(defect);
  const args = ['scripts/smoke.ts', '--origin', server.origin, '--commit', COMMIT, '--json'];
  const { code, out } = await run('node', args, { ...ACCOUNTS, SMOKE_AGENT_KEY: 'key' });
  return { code, report: JSON.parse(out) as Report };
}

test('a working server passes every smoke check', async () => {
  const { code, report } = await smoke();
  expect(report.checks.filter(({ state }) => state !== 'passed')).toEqual([]);
  expect(code).toBe(0);
});

test.each(DEFECTS)('the smoke catches and names: %s', async (defect) => {
  const { code, report } = await smoke(defect);
  expect(code).toBe(1);
  const [promise, words] = CAUGHT[defect];
  const broken = report.checks.filter(({ state }) => state === 'failed');
  expect(broken.find(({ name }) => name === promise)?.detail, JSON.stringify(broken)).toMatch(words);
});

test('a smoke without accounts fails, and an unreachable server is reported', async () => {
  expect((await run('node', ['scripts/smoke.ts', '--origin', 'http://127.0.0.1:1'])).code).toBe(2);
  const away = await run('node', ['scripts/smoke.ts', '--origin', 'http://127.0.0.1:1', '--public']);
  expect(away).toMatchObject({ code: 1, out: expect.stringContaining('/api/health does not answer') as string });
});
