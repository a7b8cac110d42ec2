import { freePort } from '../support/postgres/postgres.ts';
import { startIdentityProvider } from './support/identity-provider.ts';
import { startSecondServer } from './support/second-server.ts';
import { expect, test } from './support/test.ts';

test('without its variables there is no provider to sign in with', async ({ as }) => {
  const page = await as(null);
  const providers = (await (await page.request.get('/api/auth/providers')).json()) as object;
  expect(Object.keys(providers)).toEqual(['credentials']);
  await page.goto('/login');
  await expect(page.getByRole('button', { name: /^Continue with/ })).toHaveCount(0);
});

test('single sign-on admits existing users with a verified address, later by the linked account, also without JavaScript', async ({
  site,
  as,
  person,
  db,
}) => {
  const port = await freePort();
  const baseURL = `http://127.0.0.1:${port}`;
  await using stack = new AsyncDisposableStack();
  const provider = stack.use(await startIdentityProvider(baseURL));
  stack.use(await startSecondServer(site, port, { NEXTAUTH_URL: baseURL, ...provider.variables }));
  const known = await person('auditor');

  const come = async (sub: string, email: string, verified: boolean, javaScriptEnabled = true) => {
    provider.next({ sub, email, email_verified: verified });
    const page = await as(null, { baseURL, javaScriptEnabled });
    await page.goto('/login?callbackUrl=/account');
    await page.getByRole('button', { name: 'Continue with Example ID' }).click();
    if (!javaScriptEnabled) await page.getByRole('link', { name: 'Go on to Example ID' }).click();
    await page.waitForURL((url) => url.origin === baseURL && url.search !== '?callbackUrl=/account');
    return page;
  };

  for (const [sub, email, verified] of [
    ['unverified', known.email, false],
    ['unknown', 'stranger@example.org', true],
  ] as const) {
    const refused = await come(sub, email, verified);
    await expect(refused).toHaveURL(/\/login\?error=unauthenticated$/);
    await expect(refused.getByText(/^Sign-in failed/)).toBeVisible();
    expect((await refused.request.get('/account', { maxRedirects: 0 })).status()).toBe(307);
  }

  for (const [email, verified, javaScript] of [
    [known.email, true, true],
    ['married@example.org', false, true],
    [known.email, true, false],
  ] as const) {
    const page = await come('known', email, verified, javaScript);
    await expect(page).toHaveURL(`${baseURL}/account`);
    await expect(page.getByRole('button', { name: known.name })).toBeVisible();
  }
  expect(await db.identity.findMany({ where: { userId: known.id } })).toMatchObject([
    { provider: provider.variables.OIDC_ISSUER, subject: 'known' },
  ]);
  expect(await db.user.count({ where: { email: { in: ['stranger@example.org', 'married@example.org'] } } })).toBe(0);
});
