import AxeBuilder from '@axe-core/playwright';
import { expect, test } from './support/test.ts';
import { pagesToVisit } from '../../scripts/dev/support/browser/page-visits.ts';

/** Contrast depends on the colours and width on the language, so two of the four pairs hold every case. */
const LOOKS = [
  { locale: 'en', colorScheme: 'light' },
  { locale: 'ru', colorScheme: 'dark' },
] as const;

for (const { locale, colorScheme } of LOOKS) {
  test(`axe finds nothing serious on any page, and none scrolls sideways at 360 px (${locale}, ${colorScheme})`, async ({
    as,
    db,
    allowed,
  }) => {
    allowed.push(/status of 40[34]/);
    const stops = Map.groupBy(await pagesToVisit(db), ({ who }) => who);
    for (const [who, theirs] of stops) {
      const page = await as(who, { locale, colorScheme });
      // There are no frames, so the page itself can put the result together: otherwise axe opens a second page each time.
      const axe = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
      for (const stop of theirs) {
        await page.setViewportSize({ width: 1280, height: 720 });
        const response = await page.goto(stop.path);
        expect.soft(response?.status(), stop.name).toBe(stop.status ?? 200);
        await expect(page.locator('html')).toHaveAttribute('lang', locale);
        const heading = page.getByRole('heading', { level: 1 });
        await expect(heading).toBeVisible();
        await expect.soft(page, stop.name).toHaveTitle(`${(await heading.textContent()) ?? ''} · golive`);
        const { violations } = await axe.analyze();
        const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
        expect.soft(serious.map(({ id, nodes }) => `${stop.name}: ${id}: ${nodes[0]?.html}`)).toEqual([]);
        await page.setViewportSize({ width: 360, height: 740 });
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        expect.soft(width, `${stop.name} at 360 px`).toBeLessThanOrEqual(360);
      }
      await page.close();
    }
  });
}

test('the language follows the browser, and the switch outlives it, with and without JavaScript', async ({
  as,
  person,
}) => {
  const someone = await person('user');
  const page = await as(someone, { locale: 'ru-RU' });
  await expect(page.locator('html')).toHaveAttribute('lang', 'ru');
  await page.getByRole('button', { name: someone.name }).click();
  await page.getByRole('button', { name: 'English' }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');

  const plain = await as(null, { locale: 'en-GB', javaScriptEnabled: false });
  await plain.goto('/login');
  await plain.getByRole('button', { name: 'Русский' }).click();
  await expect(plain.locator('html')).toHaveAttribute('lang', 'ru');
});
