import type { BrowserContextOptions } from '@playwright/test';
import { launchOptions } from '../../scripts/dev/support/browser/chromium.ts';
import { expect, test } from './support/test.ts';

const HOSTS = [
  { name: 'LANG=C', env: { LANG: 'C', LC_ALL: 'C', LANGUAGE: 'C', TZ: 'Asia/Tokyo' }, zone: 'Asia/Tokyo' },
  { name: 'an unknown zone', env: { LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'Nowhere/Town' }, zone: 'UTC' },
];

for (const { name, env, zone } of HOSTS)
  test(`every page with a time shows it in a browser on a host with ${name}`, async ({ playwright, as, site }) => {
    const state = await (await as('admin')).context().storageState();
    const launch = await launchOptions();
    const browser = await playwright.chromium.launch({ ...launch, env: { ...launch.env, ...env } });
    try {
      // What the host gives the browser, with nothing of Playwright's in its place.
      const own = { locale: undefined, timezoneId: undefined } as unknown as BrowserContextOptions;
      const context = await browser.newContext({ baseURL: site.origin, storageState: state, ...own });
      // Chromium on Linux says this by itself; elsewhere it asks the desktop.
      await context.addInitScript(() => Object.defineProperty(navigator, 'languages', { get: () => ['en-US@posix'] }));
      const page = await context.newPage();
      const errors: string[] = [];
      page.on('pageerror', ({ message }) => errors.push(message));
      await page.goto('/audit');
      await expect(page.getByRole('columnheader', { name: `Time, ${zone}` })).toBeVisible();
      for (const path of ['/account', '/admin', '/admin/agents', '/audit/health', '/audit/security']) {
        await page.goto(path);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(page.getByText('Something went wrong')).toHaveCount(0);
      }
      await page.goto('/audit');
      const time = page.locator('tbody time').first();
      const shown = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium', timeZone: zone });
      await expect(time).toHaveText(
        shown.format(new Date((await time.getAttribute('datetime')) ?? '')).replaceAll('\u202f', ' '),
      );
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });
