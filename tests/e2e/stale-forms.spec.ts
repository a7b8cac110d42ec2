import { sendSignInForm } from '../../scripts/smoke/support/sign-in-form.ts';
import { HttpVisitor } from '../../scripts/smoke/support/http-visitor.ts';
import { expect, signIn, test } from './support/test.ts';

/** The name of an action that no build of today has. */
const GONE = `40${'0'.repeat(40)}`;

test('a form of the page before an update says so, with JavaScript', async ({ as, person, allowed }) => {
  allowed.push(/409/, /Server Action|UnrecognizedAction/);
  const someone = await person('user');
  const page = await as(null);
  await page.goto('/login');
  await page.route('**/login', (route, request) =>
    route.continue(request.method() === 'POST' ? { headers: { ...request.headers(), 'next-action': GONE } } : {}),
  );
  await page.getByLabel('E-mail').fill(someone.email);
  await page.getByLabel('Password', { exact: true }).fill(someone.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'This page was opened before an update' })).toBeVisible();
  await page.unroute('**/login');
  await page.getByRole('button', { name: 'Reload the page' }).click();
  await signIn(page, someone, '/');
});

test('a form of the page before an update says so in both languages, without JavaScript', async ({ site }) => {
  const visitor = new HttpVisitor(site.origin);
  const body = new FormData();
  body.append('$ACTION_REF_1', '');
  body.append('$ACTION_1:0', JSON.stringify({ id: GONE, bound: '$@1' }));
  body.append('$ACTION_1:1', '[{"status":"idle"}]');
  body.append('$ACTION_KEY', 'k0');
  const answer = await visitor.ask('/login', { method: 'POST', headers: { origin: site.origin }, body });
  expect(answer.status).toBe(409);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.text).toContain('This page was opened before an update');
  expect(answer.text).toContain('Эта страница открыта до обновления');
});

test('a foreign callback or session cookie is replaced', async ({ site, person }) => {
  const someone = await person('user');
  const cookie = 'next-auth.callback-url';
  for (const value of [
    'x',
    '%',
    '%ff',
    'javascript:alert(1)',
    '//evil.example',
    'https://evil.example/x',
    'http://',
    '/',
    'ÿ',
    'x'.repeat(3_000),
  ]) {
    const visitor = new HttpVisitor(site.origin);
    visitor.jar.set(cookie, value);
    visitor.jar.set('golive.session', value);
    for (const path of ['/api/auth/csrf', '/api/auth/providers', '/api/auth/session', '/login'])
      expect((await visitor.ask(path)).status, `${path} with ${value}`).toBe(200);
    const answer = await sendSignInForm(visitor, someone, site.origin);
    expect([answer.status, answer.headers.get('location')], value).toEqual([303, '/']);
    expect((await visitor.ask('/account')).status, value).toBe(200);
    expect(URL.parse(decodeURIComponent(visitor.jar.get(cookie) ?? ''))?.origin, value).toBe(site.origin);
    await visitor.signOut();
  }
});
