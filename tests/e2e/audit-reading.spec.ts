import { randomUUID } from 'node:crypto';
import { auditRow } from '#lib/audit/events/record.ts';
import { expect, test } from './support/test.ts';

test('reading the log and opening an event are events', async ({ as, person, db }) => {
  const auditor = await person('auditor');
  const page = await as(auditor);
  await page.goto('/audit?outcome=success');
  await page.locator('tbody a').first().click();
  await expect(page.getByRole('heading', { name: 'Summary' })).toBeVisible();
  const events = await db.auditEvent.findMany({ where: { actorId: auditor.id }, orderBy: { createdAt: 'asc' } });
  expect(events.map(({ action }) => action)).toEqual(['auth.sign_in', 'audit.read', 'audit.event_read']);
  expect(events[1]?.metadata).toMatchObject({ filters: { outcome: 'success' } });
});

test('opening a report records an event, because reports contain personal data', async ({ as, person, db }) => {
  const auditor = await person('auditor');
  const page = await as(auditor);
  for (const path of ['/audit/health', '/audit/security']) await page.goto(path);
  const events = await db.auditEvent.findMany({
    where: { actorId: auditor.id, action: 'audit.read' },
    orderBy: { createdAt: 'asc' },
  });
  expect(events.map(({ targetType, targetId }) => `${targetType}: ${targetId}`)).toEqual([
    'audit_report: health',
    'audit_report: security',
  ]);
});

test('“More” leaves the reader where they are', async ({ as, db }) => {
  const page = await as('auditor');
  await page.goto('/audit');
  const rows = page.locator('tbody tr');
  const before = await rows.count();
  await page.getByRole('link', { name: 'More' }).scrollIntoViewIfNeeded();
  const scrolled = await page.evaluate(() => window.scrollY);
  expect(scrolled).toBeGreaterThan(0);
  await page.getByRole('link', { name: 'More' }).click();
  await expect(rows).toHaveCount(before * 2);
  expect(await page.evaluate(() => window.scrollY)).toBeGreaterThanOrEqual(scrolled);
  await expect(page).toHaveURL(/\/audit$/);
  await expect(page.getByRole('link', { name: 'More' })).toBeFocused();

  // The last page takes "More" away: the keyboard goes on at the first of the new rows.
  const requestId = randomUUID();
  const event = { action: 'auth.sign_out', outcome: 'success', metadata: {} } as const;
  const who = { actor: { type: 'system', id: 'e2e', label: 'e2e' }, origin: { source: 'web', requestId } } as const;
  await db.auditEvent.createMany({ data: Array.from({ length: 60 }, () => auditRow({ ...event, ...who })) });
  await page.goto(`/audit?requestId=${requestId}&limit=40`);
  await expect(page.getByRole('columnheader', { name: 'Time, Europe/Berlin' })).toBeVisible();
  await page.getByRole('link', { name: 'More' }).press('Enter');
  await expect(rows.nth(40).getByRole('link')).toBeFocused();
});

test('times are in the zone of the reader, with UTC on hover', async ({ as }) => {
  const page = await as('auditor', { timezoneId: 'Asia/Tokyo' });
  await page.goto('/audit');
  const time = page.locator('tbody time').first();
  const iso = (await time.getAttribute('datetime')) ?? '';
  const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'Asia/Tokyo' });
  await expect(time).toHaveText(local.format(new Date(iso)).replaceAll('\u202f', ' '));
  await expect(time).toHaveAttribute('title', /UTC$/);
  await expect(page.getByRole('columnheader', { name: 'Time, Asia/Tokyo' })).toBeVisible();
});

test('a cursor of GET /api/audit continues its page and fits no other filters', async ({ as }) => {
  const page = await as('auditor');
  interface Answer {
    events: { id: string }[];
    nextCursor: string;
  }
  const first = (await (await page.request.get('/api/audit?limit=5')).json()) as Answer;
  const answer = await page.request.get(`/api/audit?limit=5&cursor=${first.nextCursor}`);
  expect(answer.headers()['cache-control']).toBe('no-store');
  const next = (await answer.json()) as Answer;
  expect(new Set([...first.events, ...next.events].map(({ id }) => id)).size).toBe(10);
  const refused = await page.request.get(`/api/audit?limit=5&outcome=denied&cursor=${first.nextCursor}`);
  expect(refused.status()).toBe(400);
  expect(await refused.json()).toMatchObject({ type: 'urn:golive:problem:invalid_cursor' });
});

test('a denial is recorded with who, what, whence and the id of the request', async ({ as, person, db }) => {
  const user = await person('user');
  const page = await as(user);
  const response = await page.request.get('/audit?outcome=denied', {
    headers: { 'X-Forwarded-For': '6.6.6.6', 'X-Golive-Peer': '6.6.6.6', 'X-Request-Id': 'from-a-client-1' },
  });
  expect(response.status()).toBe(403);
  const requestId = response.headers()['x-request-id'];
  expect(requestId, 'an id that a client chose is not ours').toMatch(/^[0-9a-f-]{36}$/);
  const denial = await db.auditEvent.findFirstOrThrow({ where: { actorId: user.id, action: 'access.denied' } });
  expect(denial).toMatchObject({
    outcome: 'denied',
    actorRole: 'user',
    ip: '127.0.0.1',
    requestId,
    metadata: { permission: 'audit:read', path: '/audit' },
  });
});
