import { randomUUID } from 'node:crypto';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { authenticate } from '#lib/agents/keys.ts';
import { readBatch } from '#lib/agents/batches.ts';
import { processBatches } from '#lib/agents/processing/process.ts';
import type { Db } from '#lib/db.ts';
import { CALLER, unwrap, testAgent } from '../support/agents.ts';
import { deadLetter } from '../support/dead-letter.ts';
import { oldEvent } from './support/agent.ts';
import { expect, test } from './support/test.ts';

const works = async (db: Db, secret: string) => (await authenticate(db, `Bearer ${secret}`, CALLER)).ok;

/** What was done to an agent, as the page that its own links to tells it: newest first. */
async function history(page: Page): Promise<string[]> {
  await page.getByRole('link', { name: 'Changes to this agent in the audit log' }).click();
  await expect(page).toHaveURL(/\/audit\?target=/);
  return page.getByRole('table').getByRole('row').getByRole('link').allTextContents();
}

/** Opens an act and sends its form; a page may hold the act once for each key. */
async function perform(scope: Page | ReturnType<Page['locator']>, act: string, fields: Record<string, string> = {}) {
  await scope.locator('summary', { hasText: act }).click();
  const form = scope.getByRole('form', { name: act });
  for (const [name, value] of Object.entries(fields)) await form.getByLabel(name).fill(value);
  await form.getByRole('button', { name: act }).click();
  return form;
}

const secretIn = async (form: ReturnType<Page['locator']>) => (await form.getByText(/^glk_/).textContent()) ?? '';

test('an admin registers an agent and issues a key; its secret is valid and shown once', async ({ as, db }) => {
  const name = `press-${randomUUID().slice(0, 8)}`;
  const page = await as('admin');
  await page.goto('/admin/agents');
  await page.locator('summary', { hasText: 'Register an agent' }).click();
  const form = page.getByRole('form', { name: 'Register an agent' });
  await form.getByLabel('Name').fill(name);
  await form.getByLabel('Description').fill('A printing press');
  await form.getByRole('button', { name: 'Register' }).click();
  await expect(form.getByRole('status').getByText('The agent is registered')).toBeVisible();
  await form.getByLabel('Name').fill(name);
  await form.getByRole('button', { name: 'Register' }).click();
  await expect(form.getByRole('alert')).toHaveText('An agent with this name already exists.');
  await expect(form.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(form.getByLabel('Name')).toBeFocused();

  await page.getByRole('link', { name }).click();
  const secret = await secretIn(await perform(page, 'Issue a key', { 'Valid for, days': '30' }));
  expect(await works(db, secret)).toBe(true);
  // As over plain HTTP, where browsers keep the clipboard to themselves.
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.getByRole('button', { name: 'Copy' }).click();
  await expect(page.getByText('Copy it by hand: it is selected.')).toBeVisible();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(secret);
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([]);

  await page.reload();
  await expect(page.getByRole('heading', { name: `${secret.slice(0, 10)}…` })).toBeVisible();
  expect(await page.content()).not.toContain(secret.slice(10));
  expect(await history(page)).toEqual(['Agent key issued', 'Agent registered']);
});

test('a key is rotated with an overlap, its successor gets an end, and a revoked one is refused at once', async ({
  as,
  db,
}) => {
  const agent = await testAgent(db);
  const page = await as('admin');
  await page.goto(`/admin/agents/${agent.id}`);
  const panel = (secret: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name: `${secret.slice(0, 10)}…` }) });
  const next = await secretIn(
    await perform(panel(agent.secret), 'Rotate', { 'Hours of overlap': '2', 'Valid for, days': '90' }),
  );
  expect([await works(db, agent.secret), await works(db, next)]).toEqual([true, true]);
  const overlap = await db.agentKey.findUniqueOrThrow({ where: { id: agent.keyId } });
  expect(overlap.expiresAt?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
  expect(overlap.expiresAt?.getTime()).toBeLessThan(Date.now() + 3 * 3_600_000);

  await perform(panel(next), 'Set expiry', { 'Days from now': '7' });
  await expect(panel(next).getByText('Expires')).toBeVisible();
  await expect(panel(next).getByRole('form', { name: `Revoke ${next.slice(0, 10)}…`, exact: true })).toBeVisible();
  await perform(panel(agent.secret), 'Revoke');
  await expect(panel(agent.secret).getByRole('status').getByText('Revoked', { exact: true })).toBeVisible();
  await expect(panel(agent.secret).getByRole('button')).toHaveCount(0);
  expect([await works(db, agent.secret), await works(db, next)]).toEqual([false, true]);
  expect((await history(page)).slice(0, 4)).toEqual([
    'Key rejected',
    'Agent key revoked',
    'Agent key expiry set',
    'Agent key rotated',
  ]);
});

test('disabling an agent rests all its keys until it is enabled again', async ({ as, db }) => {
  const agent = await testAgent(db);
  const page = await as('admin');
  await page.goto(`/admin/agents/${agent.id}`);
  await perform(page, 'Disable');
  await expect(page.locator('summary', { hasText: 'Enable' })).toBeFocused();
  expect(await works(db, agent.secret)).toBe(false);
  await perform(page, 'Enable');
  await expect(page.locator('summary', { hasText: 'Disable' })).toBeFocused();
  expect(await works(db, agent.secret)).toBe(true);
});

test('without JavaScript the secret of a new key is in sight on the page that answers', async ({ as, db }) => {
  const agent = await testAgent(db);
  await as('admin');
  const page = await as('admin', { javaScriptEnabled: false });
  await page.goto(`/admin/agents/${agent.id}`);
  const form = await perform(page, 'Issue a key');
  await expect(form.getByText(/^glk_/)).toBeVisible();
  expect(await works(db, await secretIn(form))).toBe(true);
});

test('a dead letter is seen, and the button gives it back to the workers', async ({ as, db }) => {
  const agent = await testAgent(db);
  const batchId = await deadLetter(db, agent, oldEvent());
  const page = await as('admin');
  await page.goto('/admin/agents');
  const figure = page.locator('dl > div').filter({ hasText: 'Dead letters' }).getByRole('definition');
  await expect(figure).toHaveText(/^(1batch|[2-9]\d*batches|1\d+batches)$/);
  await perform(page, 'Redrive the dead letters');
  await expect(page.getByText('The dead letters were requeued.')).toBeVisible();
  await expect(figure).toHaveText(/^0batches$/);
  await processBatches(db, [batchId]);
  expect(unwrap(await readBatch(db, agent.id, batchId))).toMatchObject({ state: 'done', stored: 1 });
  const told = await db.auditEvent.findFirstOrThrow({ where: { action: 'agent_admin.redriven', source: 'web' } });
  expect(told).toMatchObject({ actorLabel: 'admin@example.org', outcome: 'success' });
  await page.reload();
  await expect(page.locator('summary', { hasText: 'Redrive' })).toHaveCount(0);
});
