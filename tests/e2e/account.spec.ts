import { expect, signIn, test } from './support/test.ts';

test('a password change ends all other sessions', async ({ as, person }) => {
  const someone = await person('user');
  const page = await as(someone);
  const other = await as(someone);
  await page.goto('/account');
  await page.getByLabel('Current password').fill('wrong, certainly');
  await page.getByLabel('New password').fill('another long sentence');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The current password is wrong.')).toBeVisible();
  await expect(page.getByLabel('Current password')).toBeFocused();
  await page.getByLabel('Current password').fill(someone.password);
  await page.getByLabel('New password').fill('another long sentence');
  await page.getByRole('button', { name: 'Change the password' }).click();
  await expect(page.getByText('The password is changed.')).toBeVisible();
  await other.goto('/account');
  await expect(other).toHaveURL(/\/login/);
  await signIn(other, { ...someone, password: 'another long sentence' }, '/account');
  await page.goto('/account');
  await expect(page.getByRole('listitem').filter({ hasText: 'current' })).toBeVisible();
});

test('signing out everywhere ends this and the other session', async ({ as, person }) => {
  const someone = await person('user');
  const page = await as(someone);
  const other = await as(someone);
  await page.goto('/account');
  await page.locator('summary', { hasText: 'Sign out everywhere' }).click();
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(page.getByText('You are signed out everywhere.')).toBeVisible();
  await other.goto('/');
  await expect(other).toHaveURL(/\/login/);
});

test('the appearance is the system’s until the reader chooses, and the choice is there at the first paint', async ({
  as,
  person,
}) => {
  const someone = await person('user');
  const page = await as(someone);
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  await page.emulateMedia({ colorScheme: 'light' });
  const light = await background();
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await background()).not.toBe(light);
  await page.getByRole('button', { name: someone.name }).click();
  await page.getByRole('button', { name: 'Light' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(page.getByRole('button', { name: 'Light' })).toBeFocused();
  await page.getByRole('link', { name: 'Account', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Light' })).toBeHidden();
  const html = await (await page.request.get('/')).text();
  expect(html).toContain('data-theme="light"');
  expect(await background()).toBe(light);
});

test('the keyboard reaches the content first', async ({ as, person }) => {
  const page = await as(await person('user'));
  await page.keyboard.press('Tab');
  const skip = page.getByRole('link', { name: 'Skip to the content' });
  await expect(skip).toBeFocused();
  await skip.press('Enter');
  await expect(page.locator('main')).toBeFocused();
});
