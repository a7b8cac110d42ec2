import { expect, signIn, test } from './support/test.ts';

const COOKIE = /golive|session-token/;

test('signing in leads back to the page that was asked for, and signing out ends at the sign-in page, without a loop', async ({
  as,
  person,
}) => {
  const page = await as(null);
  const redirects: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 300 && response.status() < 400) redirects.push(response.url());
  });
  await page.goto('/account?from=test');
  await expect(page).toHaveURL(/\/login\?callbackUrl=%2Faccount%3Ffrom%3Dtest$/);
  const someone = await person('user');
  await signIn(page, someone, '/account?from=test');
  await page.getByRole('button', { name: someone.name }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page).toHaveURL(/\/login\?notice=ended$/);
  await expect(page.getByText('You are signed out.')).toBeVisible();
  expect(redirects.length).toBeLessThan(5);
});

test('a copied cookie is dead one request after sign-out', async ({ as, person }) => {
  const someone = await person('user');
  const page = await as(someone);
  const thief = await as(null);
  await thief.context().addCookies(await page.context().cookies());
  await thief.goto('/account');
  await expect(thief).toHaveURL(/\/account$/);

  await page.getByRole('button', { name: someone.name }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.waitForURL(/\/login/);
  await thief.goto('/account');
  await expect(thief).toHaveURL(/\/login/);
});

for (const act of ['Disable', 'Sign out everywhere'] as const) {
  test(`“${act}” by an admin ends a session within one request`, async ({ as, person }) => {
    const someone = await person('user');
    const page = await as(someone);
    const admin = await as('admin');
    await admin.goto(`/admin/users/${someone.id}`);
    await admin.locator('summary', { hasText: act }).click();
    await admin.getByRole('button', { name: act, exact: true }).click();
    await expect(admin.getByText(/^(Disabled|All sessions were ended\.)$/)).toBeVisible();
    await page.goto('/account');
    await expect(page).toHaveURL(/\/login/);
  });
}

test('a changed role works from the next sign-in, and the old session is over', async ({ as, person }) => {
  const someone = await person('user');
  const page = await as(someone);
  const admin = await as('admin');
  await admin.goto(`/admin/users/${someone.id}`);
  await admin.getByLabel('Role', { exact: true }).selectOption('auditor');
  await admin.getByRole('button', { name: 'Change the role', exact: true }).click();
  await expect(admin.getByText('The role was changed.')).toBeVisible();
  await page.goto('/account');
  await expect(page).toHaveURL(/\/login/);
  await signIn(page, someone, '/account');
  await page.goto('/audit');
  await expect(page.getByRole('heading', { level: 1, name: 'Audit log' })).toBeVisible();
});

for (const target of ['https://evil.example/', '//evil.example/x', '/\\evil.example', 'javascript:alert(1)']) {
  test(`after signing in, the callback ${target} does not leave the origin`, async ({ as, person, site }) => {
    const page = await as(null);
    await page.goto(`/login?callbackUrl=${encodeURIComponent(target)}`);
    const someone = await person('user');
    await page.getByLabel('E-mail').fill(someone.email);
    await page.getByLabel('Password', { exact: true }).fill(someone.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL((url) => url.pathname !== '/login');
    expect(new URL(page.url()).origin).toBe(site.origin);
  });
}

test('a failed sign-in does not reveal whether the account exists, and the cookie is HttpOnly', async ({
  as,
  person,
}) => {
  const page = await as(null);
  const someone = await person('user');
  const answers: string[] = [];
  for (const email of [someone.email, 'nobody@example.org']) {
    await page.goto('/login');
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill('not the password');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    const notice = page.getByText(/^Sign-in failed/);
    await expect(notice).toBeVisible();
    answers.push((await notice.textContent()) ?? '');
  }
  expect(answers[0]).toBe(answers[1]);
  const signedIn = await as(someone);
  const cookie = (await signedIn.context().cookies()).find(({ name }) => COOKIE.test(name));
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
});
