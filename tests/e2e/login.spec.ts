import { freePort } from '../../scripts/support/postgres.ts';
import { startSecondServer } from './support/second-server.ts';
import { expect, test } from './support/test.ts';

test('a malformed or foreign callback URL given to NextAuth itself is no server error and leads nowhere else', async ({
  request,
  site,
}) => {
  for (const url of ['http://[', '//evil.example', 'https://evil.example', '\\\\evil.example']) {
    const answer = await request.get(`/api/auth/signin?callbackUrl=${encodeURIComponent(url)}`, { maxRedirects: 0 });
    expect(answer.status()).toBeLessThan(500);
    expect(new URL(answer.headers().location ?? '/', site.origin).origin).toBe(site.origin);
    expect(decodeURIComponent(answer.headers()['set-cookie'] ?? '')).not.toContain('evil');
  }
});

test('the sign-out of NextAuth ends and records the session before it clears the cookie', async ({
  as,
  person,
  db,
}) => {
  const someone = await person('user');
  const page = await as(someone);
  const copied = await page.context().cookies();
  const { csrfToken } = (await (await page.request.get('/api/auth/csrf')).json()) as { csrfToken: string };
  await page.request.post('/api/auth/signout', { form: { csrfToken, json: 'true' } });
  expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('golive.session');
  await page.context().addCookies(copied);
  expect((await page.request.get('/account', { maxRedirects: 0 })).status()).toBe(307);
  expect(await db.auditEvent.count({ where: { action: 'auth.sign_out', actorId: someone.id } })).toBe(1);
});

test('a sign-out with a forged token ends nothing', async ({ as, person }) => {
  const page = await as(await person('user'));
  await page.request.post('/api/auth/signout', { form: { csrfToken: 'forged', json: 'true' } });
  await page.goto('/account');
  await expect(page).toHaveURL(/\/account$/);
});

test('a visitor writes nothing into the log of the server: neither through NextAuth’s own endpoint nor by a dead cookie', async ({
  site,
  as,
}) => {
  const port = await freePort();
  await using server = await startSecondServer(site, port, { NEXTAUTH_URL: `http://127.0.0.1:${port}` });
  const { request } = await as(null, { baseURL: server.origin });
  const planted = 'planted-by-a-visitor';
  const told = await request.post('/api/auth/_log', { data: { level: 'error', code: planted, message: planted } });
  expect(told.status()).toBe(404);
  for (const action of ['_log', 'verify-request', planted])
    expect((await request.get(`/api/auth/${action}`)).status()).toBe(404);
  const dead = await request.get('/api/auth/session', { headers: { cookie: `golive.session=${planted}` } });
  expect(await dead.json()).toEqual({});
  expect(server.output()).not.toContain(planted);
  expect(server.output()).not.toContain('"level":"error"');
});

test('what NextAuth tells the browser about a session holds no role and no name', async ({ as, person }) => {
  const page = await as(await person('admin'));
  const session = (await (await page.request.get('/api/auth/session')).json()) as object;
  expect(Object.keys(session)).toEqual(['expires']);
});

test('a signed-in visitor of the sign-in page is sent on', async ({ as, person }) => {
  const page = await as(await person('user'));
  await page.goto('/login?callbackUrl=/account');
  await expect(page).toHaveURL(/\/account$/);
});

test('no one-click admin is offered in production', async ({ as, request }) => {
  const page = await as(null);
  await page.goto('/login');
  await expect(page.getByRole('button', { name: /development admin/ })).toHaveCount(0);
  const providers = (await (await request.get('/api/auth/providers')).json()) as object;
  expect(Object.keys(providers)).toEqual(['credentials']);
});
