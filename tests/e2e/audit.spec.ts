import type { Page } from '@playwright/test';
import { recordAudit } from '#lib/audit/events/record.ts';
import type { Db } from '#lib/db.ts';
import { expect, signIn, test } from './support/test.ts';

const origin = { source: 'web', requestId: 'someone-else' } as const;

/** What other people do meanwhile. */
const write = (db: Db, count: number) =>
  db.$transaction(async (tx) => {
    for (let index = 0; index < count; index++)
      await recordAudit(tx, {
        action: 'auth.sign_out',
        outcome: 'success',
        actor: { type: 'anonymous' },
        origin,
        metadata: {},
      });
  });

const ids = (page: Page) =>
  page
    .getByRole('table')
    .getByRole('link')
    .evaluateAll((links) =>
      links.map((link) => link.getAttribute('href') ?? '').filter((href) => href.startsWith('/audit/')),
    );

test('“More” appends rows without repeating or skipping one while others write', async ({ as, db }) => {
  const page = await as('auditor');
  await page.goto('/audit');
  const first = await ids(page);
  expect(first.length).toBeGreaterThan(10);
  for (let round = 2; round <= 4; round++) {
    await write(db, 7);
    await page.getByRole('link', { name: 'More' }).click();
    await expect.poll(async () => (await ids(page)).length).toBe(first.length * round);
  }
  const seen = await ids(page);
  expect(new Set(seen).size).toBe(seen.length);
  expect(seen).toEqual(await expectedAfter(db, seen[0] ?? '', seen.length));
});

test('without JavaScript, a user signs in, filters and pages the log, opens an event and signs out', async ({
  as,
  person,
  db,
}) => {
  await write(db, 60);
  const auditor = await person('auditor');
  const page = await as(null, { javaScriptEnabled: false });
  await page.goto('/audit');
  await signIn(page, auditor, '/audit');
  await page.locator('summary', { hasText: 'Filters' }).click();
  await page.getByLabel('Request id').fill(origin.requestId);
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForURL(/requestId=someone-else/);
  const first = await ids(page);
  await write(db, 7);
  await page.getByRole('link', { name: 'More' }).click();
  await page.waitForURL(/cursor=/);
  const seen = [...first, ...(await ids(page))];
  expect(seen.length).toBe(first.length * 2);
  expect(seen).toEqual(await expectedAfter(db, seen[0] ?? '', seen.length, { requestId: origin.requestId }));
  await page.getByRole('table').getByRole('link').first().click();
  await expect(page.getByRole('heading', { name: 'Summary' })).toBeVisible();
  await page.getByRole('button', { name: auditor.name }).click();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await expect(page.getByText('You are signed out.')).toBeVisible();
  await page.goto('/audit');
  await expect(page).toHaveURL(/\/login\?callbackUrl=%2Faudit$/);
});

test('the filters live in the address, reset the cursor and narrow what is shown', async ({ as }) => {
  const page = await as('auditor');
  await page.goto('/audit');
  await page.getByRole('link', { name: 'More' }).click();
  await page.locator('summary', { hasText: 'Filters' }).click();
  await page.getByLabel('Outcome').selectOption('denied');
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(/outcome=denied/);
  expect(page.url()).not.toContain('cursor=');
  const rows = page.getByRole('table').getByRole('row');
  await expect(rows.filter({ hasText: 'Denied' })).toHaveCount((await rows.count()) - 1);
  await page.getByRole('link', { name: 'Clear the filters' }).click();
  await expect(page).not.toHaveURL(/outcome=/);
});

test('what the form cannot offer it keeps: an action of an agent, and a moment given in another zone', async ({
  as,
}) => {
  const page = await as('auditor');
  await page.goto('/audit?action=agent.deploy&from=2026-11-22T09:30:15%2B03:00');
  await expect(page.getByLabel('Action', { exact: true })).toHaveValue('agent.deploy');
  await page.getByRole('button', { name: 'Apply' }).click();
  await page.waitForURL(/source=/);
  const sent = new URL(page.url()).searchParams;
  expect([sent.get('action'), sent.get('from')]).toEqual(['agent.deploy', '2026-11-22T06:30:15']);
});

test('an invalid cursor or filter is shown on the page and is a 400 of the API with the reason', async ({ as }) => {
  const page = await as('auditor');
  await page.goto('/audit?cursor=nonsense');
  await expect(page.getByText(/This page link is damaged/)).toBeVisible();
  for (const [query, name] of [
    ['from=yesterday', 'From, UTC'],
    ['actoin=auth.sign_in', 'actoin'],
  ]) {
    await page.goto(`/audit?${query}`);
    await expect(page.getByText(`The filter “${name}” cannot be used as it is given.`)).toBeVisible();
  }
  for (const [query, type] of [
    ['cursor=nonsense', 'urn:golive:problem:invalid_cursor'],
    ['outcome=perhaps', 'urn:golive:problem:invalid_filter'],
  ]) {
    const response = await page.request.get(`/api/audit?${query}`);
    expect(response.status()).toBe(400);
    expect(response.headers()['content-type']).toContain('application/problem+json');
    expect(await response.json()).toMatchObject({ type, status: 400, detail: expect.stringMatching(/\w+/) });
  }
});

/** The same rows asked of the database at once: newest first, from the first one that the reader saw. */
async function expectedAfter(
  db: Db,
  href: string,
  count: number,
  among: { requestId?: string } = {},
): Promise<string[]> {
  const id = href.split('/').at(-1) ?? '';
  const { createdAt } = await db.auditEvent.findFirstOrThrow({ where: { id }, select: { createdAt: true } });
  const rows = await db.auditEvent.findMany({
    where: { ...among, OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lte: id } }] },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: count,
    select: { id: true },
  });
  return rows.map((row) => `/audit/${row.id}`);
}
