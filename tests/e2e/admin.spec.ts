import { expect, signIn, test } from './support/test.ts';

test('an admin adds a user, who sets a password through the single-use link', async ({ as, site }) => {
  const page = await as('admin');
  const email = `new-${Date.now()}@example.org`;
  await page.goto('/admin');
  await page.locator('summary', { hasText: 'Add a user' }).click();
  const form = page.getByRole('form', { name: 'Add a user' });
  await form.getByLabel('Name').fill('Nina New');
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Role').selectOption('auditor');
  await form.getByRole('button', { name: 'Create user and reset link' }).click();
  await expect(form.getByText(`For ${email}`)).toBeVisible();
  const link = await form.getByText(/\/reset\//).textContent();
  expect(link).toContain(`${site.origin}/reset/`);
  await expect(page.getByRole('table').getByText(email)).toBeVisible();

  const theirs = await as(null);
  await theirs.goto(link ?? '');
  await theirs.getByLabel('New password').fill('123456789012');
  await theirs.getByRole('button', { name: 'Set the password' }).click();
  await expect(theirs.getByText('Choose another password')).toBeVisible();
  await expect(theirs.getByLabel('New password')).toBeFocused();
  await theirs.getByLabel('New password').fill('plain words make it long');
  await theirs.getByRole('button', { name: 'Set the password' }).click();
  await expect(theirs.getByText('The new password is set')).toBeVisible();
  await signIn(theirs, { email, password: 'plain words make it long' });
  await theirs.goto(link ?? '');
  await expect(theirs.getByText('This link has been used')).toBeVisible();
});

test('what was typed is kept when it is refused', async ({ as, person }) => {
  const { email } = await person('user');
  const page = await as('admin');
  await page.goto('/admin');
  await page.locator('summary', { hasText: 'Add a user' }).click();
  const form = page.getByRole('form', { name: 'Add a user' });
  await form.getByLabel('Name').fill('Twice');
  await form.getByLabel('E-mail').fill(email);
  await form.getByLabel('Role').selectOption('admin');
  await form.getByRole('button', { name: 'Create user and reset link' }).click();
  await expect(form.getByRole('alert')).toHaveText(/already exists/);
  await expect(form.getByLabel('E-mail')).toBeFocused();
  await expect(form.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByLabel('Name')).toHaveValue('Twice');
  await expect(form.getByLabel('E-mail')).toHaveValue(email);
  await expect(form.getByLabel('Role')).toHaveValue('admin');
});

test('users are found by a part of their e-mail address', async ({ as, person, requestAs }) => {
  const { id, email, name } = await person('auditor');
  const page = await as('admin');
  await page.goto('/admin');
  await page.getByLabel('Name or e-mail').fill(email.slice(0, 14).toUpperCase());
  await page.getByRole('button', { name: 'Find' }).click();
  await expect(page.getByRole('link', { name })).toBeVisible();
  await expect(page.locator('tbody tr')).toHaveCount(1);
  const denied = await (await requestAs('auditor')).get(`/admin/users/${id}`);
  expect(denied.status()).toBe(403);
  expect((await denied.text()).includes(name)).toBe(false);
  await page.goto('/admin?search=nobody-is-called-so');
  await expect(page.getByText('No users found')).toBeVisible();
  await page.getByRole('link', { name: 'Clear the search' }).click();
  await expect(page.getByRole('table')).toBeVisible();
});

test('disabling is confirmed in two steps, also without JavaScript', async ({ as, person, db }) => {
  const someone = await person('user');
  await as('admin');
  const page = await as('admin', { javaScriptEnabled: false });
  await page.goto(`/admin/users/${someone.id}`);
  const button = page.getByRole('button', { name: 'Disable', exact: true });
  await expect(button).toBeHidden();
  await page.locator('summary', { hasText: 'Disable' }).click();
  await button.click();
  await expect(page.locator('summary', { hasText: 'Enable' })).toBeVisible();
  expect((await db.user.findUniqueOrThrow({ where: { id: someone.id } })).disabledAt).not.toBeNull();
});
