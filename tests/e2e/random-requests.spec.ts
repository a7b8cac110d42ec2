import { readFile } from 'node:fs/promises';
import { ROLES } from '#lib/access/permissions.ts';
import { freePort } from '../support/postgres/postgres.ts';
import { testAgent } from '../support/agents.ts';
import { insidersRequest, type Insider } from '../support/insider.ts';
import { ownCluster } from '../support/own-cluster.ts';
import { sendRaw, randomRequest, type WireRequest } from '../support/random-requests.ts';
import { startSecondServer } from './support/second-server.ts';
import { expect, signIn, test } from './support/test.ts';

const COUNT = process.env.FAULTS === 'full' ? 5_000 : 200;
/** `SEED=7 NUMBER=123` sends that one request alone. */
const SEED = Number(process.env.SEED ?? 1);
const ONLY = process.env.NUMBER;
const AT_ONCE = 4;

const HOST: [string, string] = ['Host', '127.0.0.1'];
const get = (target: string, headers: [string, string][] = []): WireRequest => ({
  method: 'GET',
  target,
  headers: [HOST, ...headers],
  body: '',
});
const FORM: [string, string] = ['Content-Type', 'multipart/form-data; boundary=x'];
const JSON_TYPE: [string, string] = ['Content-Type', 'application/json'];
const post = (target: string, headers: [string, string][], body: string): WireRequest => ({
  method: 'POST',
  target,
  headers: [HOST, ...headers],
  body,
});

test(`${COUNT} requests of strangers (seed ${SEED}): no 5xx, no line in the log, problem documents on the APIs`, async ({
  site,
}) => {
  test.setTimeout(COUNT * 1_000);
  const port = await freePort();
  await using web = await startSecondServer(site, port, { NEXTAUTH_URL: `http://127.0.0.1:${port}` });
  const before = web.output();
  expect(await wrongAnswers(web.origin, (number) => randomRequest(SEED, number))).toEqual([]);
  expect(web.output().slice(before.length).trim(), `SEED=${SEED}`).toBe('');
});

test(`${COUNT} requests of people of each role and of an agent with its key (seed ${SEED}): no 5xx, no stack in the log`, async ({
  site,
  as,
  person,
  db,
}) => {
  test.setTimeout(COUNT * 1_000);
  const port = await freePort();
  await using web = await startSecondServer(site, port, { NEXTAUTH_URL: `http://127.0.0.1:${port}` });
  const agent = await testAgent(db);
  const actions = await builtActions();
  const insiders: Insider[] = [{ cookie: '', authorization: `Bearer ${agent.secret}`, actions }];
  for (const role of ROLES) {
    const page = await as(null);
    await page.goto(`${web.origin}/login`);
    const who = await person(role);
    await signIn(page, who);
    const cookies = await page.context().cookies(web.origin);
    insiders.push({
      cookie: cookies.map(({ name, value }) => `${name}=${value}`).join('; '),
      authorization: '',
      actions,
    });
  }
  const before = web.output();
  const wrong = await wrongAnswers(web.origin, (number) => {
    const insider = insiders[number % insiders.length] as Insider;
    return insidersRequest(insider, SEED, number);
  });
  expect(wrong).toEqual([]);
  expect(web.output().slice(before.length), `SEED=${SEED}`).not.toMatch(/"level":"(?:error|fatal)"|"stack"|\n\s+at /);
  // The sessions have lasted: what was sent was sent by somebody.
  for (const { cookie } of insiders.filter((insider) => insider.cookie !== ''))
    expect((await fetch(`${web.origin}/account`, { headers: { cookie }, redirect: 'manual' })).status).toBe(200);
});

/** Sends requests by their numbers, some at once; what is wrong with the answers. */
async function wrongAnswers(origin: string, make: (number: number) => WireRequest): Promise<string[]> {
  const numbers = ONLY === undefined ? Array.from({ length: COUNT }, (_, number) => number) : [Number(ONLY)];
  const wrong: string[] = [];
  const lane = async () => {
    for (let number = numbers.shift(); number !== undefined; number = numbers.shift()) {
      const request = make(number);
      const { status, type, head } = await sendRaw(origin, request);
      const isApi =
        request.target.startsWith('/api/') && status >= 400 && type !== 'application/problem+json' && type !== '';
      const wrongType = isApi && !(request.target.startsWith('/api/auth/') && type === 'application/json');
      const namesNoMethod = status === 405 && !/\r\nallow: \S/i.test(head);
      if (status >= 500 || wrongType || namesNoMethod)
        wrong.push(`SEED=${SEED} NUMBER=${number}: ${status} ${type} ${request.method} ${request.target}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return wrong;
}

/** The ids of the server actions in the build, without those that end the session of whoever sends them. */
async function builtActions(): Promise<string[]> {
  const manifest = JSON.parse(await readFile('.next/server/server-reference-manifest.json', 'utf8')) as {
    node: Record<string, { exportedName: string }>;
  };
  const lasting = Object.entries(manifest.node).filter(([, { exportedName }]) => !/^signOut/.test(exportedName));
  return lasting.map(([id]) => id);
}

test('each address, method and header that answered 500 once is refused by name', async ({ site }) => {
  const status = async (request: WireRequest) => (await sendRaw(site.origin, request)).status;
  for (const target of [
    '/%',
    '/%00',
    '/%ff',
    '/reset/%ff',
    '/api/agent/batches/%ff',
    '/api/auth/csrf?callbackUrl=x',
    '//',
    '/login?x=%ff',
    '/login?x=%00',
  ])
    expect(await status(get(target)), target).toBe(400);
  for (const body of ['{', 'null', '[]', '1', '"x"', '{"callbackUrl":1}', '{"email":{"a":"b"}}', '--x--', '\u00ff'])
    for (const endpoint of ['session', 'signin', 'signin/oidc', 'signout', 'callback/credentials', 'callback/oidc'])
      expect(await status(post(`/api/auth/${endpoint}`, [JSON_TYPE], body)), `${endpoint} ${body}`).toBe(400);
  for (const target of ['/login?x=100%', '/api/health?q=%&r=%zz', '/api/auth/csrf?x=%'])
    expect(await status(get(target)), target).toBe(200);
  for (const target of ['/_next/image?url=%2Fx&w=64&q=75', '/_global-error', '/api/nothing', '/nothing'])
    expect(await status(get(target)), target).toBe(404);
  expect(await status(get(`/login?${'a'.repeat(9_000)}`))).toBe(414);
  for (const origin of ['http://', 'x', '', 'http://['])
    expect(await status(post('/login', [FORM, ['Origin', origin]], '--x--')), origin).toBe(400);
  for (const [name, value] of [
    ['Next-Action', 'x'],
    ['Next-Action', 'a'.repeat(42)],
    ['Origin', 'null'],
  ] as [string, string][])
    expect([400, 403, 404, 409], value).toContain(await status(post('/login', [FORM, [name, value]], '--x\r\nbroken')));
  expect(
    await status(
      get('/login?_rsc=x', [
        ['RSC', '1'],
        ['Next-Router-State-Tree', '%'],
      ]),
    ),
  ).toBeLessThan(500);
  for (const target of ['/', '/login', '/reset/x', '/api/health', '/api/auth/csrf', '/api/agent/events', '/nothing'])
    for (const method of ['TRACE', 'PUT', 'PROPFIND', 'DELETE']) {
      const answer = await sendRaw(site.origin, { method, target, headers: [HOST], body: '' });
      expect([answer.status, /\r\nallow: \S/i.test(answer.head)], `${method} ${target}`).toEqual([405, true]);
      if (target.startsWith('/api/')) expect(answer.type).toBe('application/problem+json');
    }
});

test('while PostgreSQL is away a page is a 503 in both languages with Retry-After, without a stack in the log', async () => {
  test.setTimeout(120_000);
  await using cluster = await ownCluster();
  const port = await freePort();
  const site = { urls: { DATABASE_URL: cluster.appUrl } } as Parameters<typeof startSecondServer>[0];
  await using web = await startSecondServer(site, port, { NEXTAUTH_URL: `http://127.0.0.1:${port}` });
  expect((await fetch(`${web.origin}/reset/x`)).status).toBe(200);
  await cluster.stop();
  for (const headers of [{}, { 'Accept-Encoding': 'gzip' }]) {
    const away = await fetch(`${web.origin}/reset/x`, { headers });
    expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
    const text = await away.text();
    expect(text).toContain('Try again');
    expect(text).toContain('Попробуйте');
  }
  expect(web.output()).not.toMatch(/\n\s+at |"stack"|"level":"error"/);
  await cluster.start();
  await expect.poll(async () => (await fetch(`${web.origin}/reset/x`)).status, { timeout: 60_000 }).toBe(200);
});
