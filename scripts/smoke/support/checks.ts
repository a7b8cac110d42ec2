import { randomUUID } from 'node:crypto';
import { ROLES, type Role } from '#lib/access/permissions.ts';
import { HEALTH_PATH, TIMING } from '#lib/release/contract.ts';
import { agentEventAppears, moreWithoutDuplicates, signInIsRecorded } from './audit.ts';
import { expect, visitorOf, type Account, type Smoke } from './run.ts';
import { signInByForm } from './sign-in-form.ts';
import { apis, isAllowed, pages, protectedPages } from './routes.ts';
import { CheckFailure, HttpVisitor, type Answer } from './http-visitor.ts';

export interface SmokeCheck {
  name: string;
  /** The input that the check needs. */
  needs?: 'accounts' | 'agentKey';
  /** @throws Broken when the check fails. */
  run: (smoke: Smoke) => Promise<string>;
}

export const SMOKE_CHECKS: readonly SmokeCheck[] = [
  { name: 'health', run: health },
  { name: 'signed-out', run: signedOut },
  { name: 'headers', run: headers },
  { name: 'mixed-content', run: mixedContent },
  { name: 'sign-in', needs: 'accounts', run: signIn },
  { name: 'sign-in-form', needs: 'accounts', run: signInWithForm },
  { name: 'roles', needs: 'accounts', run: roles },
  { name: 'audit-sign-in', needs: 'accounts', run: signInIsRecorded },
  { name: 'audit-more', needs: 'accounts', run: moreWithoutDuplicates },
  { name: 'agent-event', needs: 'agentKey', run: agentEventAppears },
  { name: 'sign-out', needs: 'accounts', run: signOut },
  { name: 'wrong-password', run: wrongPassword },
];

async function health({ origin, commit }: Smoke): Promise<string> {
  const answer = await new HttpVisitor(origin).ask(HEALTH_PATH);
  expect(answer.status === 200, `${HEALTH_PATH} answers ${answer.status}: ${answer.text.slice(0, 200)}`);
  expect(answer.ms < TIMING.healthAnswer * 1000, `${HEALTH_PATH} took ${Math.round(answer.ms)} ms`);
  const body = JSON.parse(answer.text) as { status?: string; commit?: string | null; checks?: Record<string, unknown> };
  expect(body.status === 'ok', `health says ${body.status}: ${JSON.stringify(body.checks)}`);
  const serving = body.commit ?? 'an unknown commit';
  expect(commit === undefined || serving.startsWith(commit), `stale commit: ${serving} is served, not ${commit}`);
  return `${serving} in ${Math.round(answer.ms)} ms`;
}

async function signedOut({ origin }: Smoke): Promise<string> {
  for (const path of protectedPages()) {
    const answer = await new HttpVisitor(origin).open(path);
    const last = answer.trail.at(-1) ?? '';
    expect(
      last.startsWith('/login') && answer.status === 200,
      `${path} is open to anyone: HTTP ${answer.status} at ${last}`,
    );
  }
  return `${protectedPages().length} pages lead to /login`;
}

const SECURITY_HEADERS: [string, RegExp][] = [
  ['content-security-policy', /script-src[^;]*'nonce-/],
  ['content-security-policy', /frame-ancestors 'none'/],
  ['x-content-type-options', /^nosniff$/],
  ['referrer-policy', /./],
  ['permissions-policy', /./],
];

async function headers({ origin }: Smoke): Promise<string> {
  const visitor = new HttpVisitor(origin);
  const answer = await visitor.open('/login');
  const wanted = [
    ...SECURITY_HEADERS,
    ...(visitor.https ? ([['strict-transport-security', /max-age=\d{7,}/]] as const) : []),
  ];
  for (const [name, pattern] of wanted)
    expect(pattern.test(answer.headers.get(name) ?? ''), `/login lacks ${name} matching ${pattern.source}`);
  expect(!answer.headers.has('x-powered-by'), 'x-powered-by tells what serves this');
  const nonces = [answer, await visitor.open('/login')].map(
    (each) => /'nonce-([^']+)'/.exec(each.headers.get('content-security-policy') ?? '')?.[1],
  );
  expect(nonces[0] !== nonces[1], 'two answers carry the same nonce');
  return `${wanted.length} headers`;
}

async function mixedContent({ origin }: Smoke): Promise<string> {
  const visitor = new HttpVisitor(origin);
  const { text } = await visitor.open('/login');
  const insecure = /(?:src|href|action)="(http:\/\/[^"]+)"/.exec(text)?.[1];
  expect(!visitor.https || insecure === undefined, `mixed content on /login: ${insecure}`);
  return visitor.https ? 'none on /login' : 'not applicable over http';
}

async function signIn(smoke: Smoke): Promise<string> {
  for (const [role, { email, password }] of Object.entries(smoke.accounts ?? {}) as [Role, Account][]) {
    const visitor = new HttpVisitor(smoke.origin);
    const cookie = await visitor.signIn(email, password);
    for (const wanted of ['httponly', 'samesite=lax', ...(visitor.https ? ['secure'] : [])])
      expect(cookie.attributes.has(wanted), `the session cookie is not ${wanted}`);
    smoke.visitors.set(role, visitor);
    const home = await visitor.open('/');
    expect(
      home.status === 200 && home.trail.length === 1,
      `signed in as ${role}, / answers ${home.status} at ${home.trail.at(-1)}`,
    );
  }
  return 'three accounts, cookies HttpOnly and SameSite=Lax';
}

/** Signs in through the form: Next checks its origin against the proxy headers, which the API does not. */
async function signInWithForm({ origin, accounts }: Smoke): Promise<string> {
  const visitor = new HttpVisitor(origin);
  if (accounts !== undefined) await signInByForm(visitor, accounts.user, origin);
  await visitor.signOut();
  return 'the form of /login, as a browser sends it';
}

async function roles(smoke: Smoke): Promise<string> {
  let checked = 0;
  for (const role of ROLES)
    for (const [path, guard] of [...pages(), ...apis()]) {
      const allowed = isAllowed(role, guard);
      if (allowed === undefined) continue;
      const answer = await visitorOf(smoke, role).open(path);
      const wanted = allowed ? 200 : 403;
      expect(answer.status === wanted, `${role} gets ${answer.status} at ${path}, not ${wanted}`);
      checked++;
    }
  for (const [path] of apis()) {
    const answer = await new HttpVisitor(smoke.origin).ask(path);
    expect(
      answer.status === 401 && isProblem(answer),
      `signed out, ${path} answers ${answer.status}, not a 401 problem`,
    );
  }
  return `${checked} combinations`;
}

const isProblem = (answer: Answer) => answer.headers.get('content-type')?.includes('application/problem+json') === true;

async function signOut(smoke: Smoke): Promise<string> {
  for (const [role, visitor] of smoke.visitors) {
    const old = new Map(visitor.jar);
    await visitor.signOut();
    const after = await visitor.open('/');
    expect(after.trail.at(-1)?.startsWith('/login') === true, `signed out as ${role}, / still answers ${after.status}`);
    const copied = new HttpVisitor(smoke.origin);
    for (const [name, value] of old) copied.jar.set(name, value);
    const replayed = await copied.open('/account');
    expect(replayed.trail.at(-1)?.startsWith('/login') === true, `a copied cookie of ${role} outlives the sign-out`);
    smoke.visitors.delete(role);
  }
  return 'sessions end, copied cookies too';
}

async function wrongPassword({ origin }: Smoke): Promise<string> {
  const visitor = new HttpVisitor(origin);
  const nobody = `smoke-${randomUUID()}@example.invalid`;
  const refused = await visitor.signIn(nobody, randomUUID()).then(
    () => false,
    (error: unknown) => error instanceof CheckFailure && error.message.includes('gives no session'),
  );
  expect(refused, 'anyone can sign in: an unknown account was let in');
  return 'an unknown account is refused';
}
