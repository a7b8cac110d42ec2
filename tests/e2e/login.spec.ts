import { freePort } from '../support/postgres/postgres.ts';
import { HttpVisitor } from '../../scripts/smoke/support/http-visitor.ts';
import { startSecondServer } from './support/second-server.ts';
import { sendSignInForm } from '../../scripts/smoke/support/sign-in-form.ts';
import { expect, signIn, test } from './support/test.ts';

for (const javaScriptEnabled of [true, false]) {
  test(`a refused sign-in says why and keeps the e-mail address but not the password, ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async ({
    as,
    person,
  }) => {
    const page = await as(null, { javaScriptEnabled });
    const someone = await person('user');
    await page.goto('/login?callbackUrl=/account');
    await page.getByLabel('E-mail').fill(someone.email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'Sign-in failed. Check the e-mail address' })).toBeVisible();
    await expect(page.getByLabel('E-mail')).toHaveValue(someone.email);
    await expect(page.getByLabel('Password', { exact: true })).toHaveValue('');
    await page.getByLabel('Password', { exact: true }).fill(someone.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page).toHaveURL(/\/account$/);
    await expect(page.getByRole('button', { name: someone.name })).toBeVisible();
  });
}

test('the sign-in form of another site opens no session, the same form of ours does', async ({ site, person }) => {
  const someone = await person('user');
  const visitor = new HttpVisitor(site.origin);
  expect((await sendSignInForm(visitor, someone, 'https://evil.example')).cookies).toEqual([]);
  expect((await visitor.ask('/account')).status).toBe(307);
  const answer = await sendSignInForm(visitor, someone, site.origin);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
  expect((await visitor.ask('/account')).status).toBe(200);
});

test('sign-in with a forbidden return page shows the forbidden page and records one denial', async ({
  as,
  person,
  db,
}) => {
  const someone = await person('user');
  const page = await as(null);
  await page.goto('/admin');
  await signIn(page, someone, '/admin');
  await expect(page.getByRole('heading', { name: 'You do not have access to this page' })).toBeVisible();
  expect(await db.auditEvent.findMany({ where: { actorId: someone.id, action: 'access.denied' } })).toMatchObject([
    { ip: '127.0.0.1', metadata: { permission: 'users:manage', path: '/admin' } },
  ]);
});

test('a code of a provider in the address names none where there is none', async ({ as }) => {
  const page = await as(null);
  await page.goto('/login?error=OAuthCallback');
  await expect(page.getByText('Sign-in failed. Try again.')).toBeVisible();
});

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

test('NextAuth’s session response contains neither role nor name', async ({ as, person }) => {
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
