import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { smokeEvent } from '../../scripts/smoke/support/audit.ts';
import { accountOf, agentKey, expect, browserCheck, ROLES } from './fixtures.ts';

const ROUNDS = 3;
/** More than one page of the log. */
const MAX_READINGS = 60;
const EVENT_WAIT_MS = 12_000;

browserCheck('audit-sign-in', async ({ as }) => {
  for (const role of ROLES) await as(role);
  const page = await as('admin');
  for (const role of ROLES) {
    const email = accountOf(role).email.toLowerCase();
    await page.goto(`/audit?action=auth.sign_in&outcome=success&actor=${encodeURIComponent(email)}`);
    const rows = page.getByRole('table').getByRole('row');
    await expect(rows.filter({ hasText: email }).first(), `the sign-in of ${email} is not in the log`).toBeVisible();
  }
  return 'auth.sign_in of all three';
});

browserCheck('audit-more', async ({ as }) => {
  const page = await as('admin');
  await openLongLog(page);
  const more = page.getByRole('link', { name: /^(More|Ещё)$/ });
  let shown = (await eventsOn(page)).length;
  for (let round = 0; round < ROUNDS && (await more.isVisible()); round++) {
    // A reading is an event: somebody writes between the pages.
    await read(page);
    await more.click();
    await expect.poll(async () => (await eventsOn(page)).length, 'More shows no more rows').toBeGreaterThan(shown);
    shown = (await eventsOn(page)).length;
  }
  const ids = await eventsOn(page);
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  expect(repeated, `"More" shows a row twice: ${repeated}`).toBeUndefined();
  return `${ids.length} rows, none twice`;
});

browserCheck('audit-filters', async ({ as }) => {
  const page = await as('admin');
  await openLongLog(page);
  const href = await page.getByRole('link', { name: /^(More|Ещё)$/ }).getAttribute('href');
  await page.goto(href ?? '');
  expect(page.url(), '"More" has no address of its own').toContain('cursor=');
  const newest = (await read(page))[0]?.id ?? '';
  await page.locator('summary', { hasText: /^(Filters|Фильтры)/ }).click();
  await page.locator('select[name="outcome"]').selectOption('success');
  await page.getByRole('button', { name: /^(Apply|Применить)$/ }).click();
  await page.waitForURL(/outcome=success/);
  expect(page.url(), 'a new filter keeps the cursor').not.toContain('cursor=');
  await expect(page.locator(`a[href="/audit/${newest}"]`).first(), 'a new filter does not begin anew').toBeVisible();
  return 'a new filter begins with the newest row';
});

browserCheck('agent-event', async ({ as }) => {
  const id = randomUUID();
  const page = await as('admin');
  const headers = { authorization: `Bearer ${agentKey}`, 'content-type': 'application/cloudevents+json' };
  const answer = await page.request.post('/api/agent/events', { headers, data: smokeEvent(id) });
  expect(answer.status(), `the agent's event was not accepted (HTTP ${answer.status()})`).toBe(202);
  const started = performance.now();
  await expect
    .poll(
      async () => {
        await page.goto(`/audit?target=${id}`);
        return (await eventsOn(page)).length;
      },
      { message: `the agent's event is not in the log: does the worker run?`, timeout: EVENT_WAIT_MS },
    )
    .toBe(1);
  return `on the page after ${Math.round(performance.now() - started)} ms`;
});

/** Reads the log through its API, which leaves an event. */
async function read(page: Page): Promise<{ id: string }[]> {
  const answer = await page.request.get('/api/audit?limit=1&outcome=success');
  expect(answer.status(), `/api/audit answers ${answer.status()}`).toBe(200);
  return ((await answer.json()) as { events: { id: string }[] }).events;
}

/** Opens the log; a young one is read until it fills more than a page. */
async function openLongLog(page: Page): Promise<void> {
  const enough = async () => {
    await page.goto('/audit');
    return page.getByRole('link', { name: /^(More|Ещё)$/ }).isVisible();
  };
  for (let reading = 0; !(await enough()) && reading < MAX_READINGS; reading++) await read(page);
}

const eventsOn = (page: Page): Promise<string[]> =>
  page
    .getByRole('table')
    .locator('a[href^="/audit/"]')
    .evaluateAll((links) => links.map((link) => link.getAttribute('href') ?? ''));
