/** `npm run screenshots`: creates docs/screenshots: every page in both languages. */
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from '@playwright/test';
import { ROLES, type Role } from '#lib/access/permissions.ts';
import { openDb } from '#lib/db.ts';
import { emailOf } from '#prisma/demo-accounts.ts';
import { launchOptions } from './support/browser/chromium.ts';
import { runCommand } from '../support/run-command.ts';
import { makeSecrets } from '../../tests/support/process/secrets.ts';
import { complete, startTestSite, type TestSite } from './support/browser/test-site.ts';
import { pagesToVisit, type PageVisit } from './support/browser/page-visits.ts';

const FOLDER = 'docs/screenshots';
/** Temporary folder; moved into place when all screenshots are done. */
const NEXT = '.data/screenshots';
const LOCALES = ['en', 'ru'] as const;

/** Maximum height in pixels. */
const TALLEST = 1_800;

interface Appearance {
  suffix: string;
  width: number;
  colorScheme: 'light' | 'dark';
  /** Only these pages; all when absent. */
  only?: string[];
}

const LOOKS: Appearance[] = [
  { suffix: '', width: 1440, colorScheme: 'light' },
  { suffix: '-360', width: 360, colorScheme: 'light' },
  { suffix: '-dark', width: 1440, colorScheme: 'dark', only: ['overview', 'audit'] },
];

const USAGE = `npm run screenshots    remakes ${FOLDER}: every page in both languages
Exit: 0 done, 1 failed, 2 wrong use; then the pictures of before stay.`;

async function main(): Promise<number> {
  await using running = new AsyncDisposableStack();
  const NEXTAUTH_SECRET = makeSecrets().nextAuth;
  const site = await startTestSite({ NEXTAUTH_SECRET });
  running.defer(site.stop);
  const db = openDb(site.urls.DATABASE_URL, { max: 1 });
  running.defer(() => db.$disconnect());
  const browser = await chromium.launch(await launchOptions());
  running.defer(() => browser.close());

  const stops = await pagesToVisit(db);
  await rm(NEXT, { recursive: true, force: true });
  await mkdir(NEXT, { recursive: true });
  running.defer(() => rm(NEXT, { recursive: true, force: true }));
  const states = await signInAll(browser, site);
  // Seals and verifies the log first.
  for (const command of ['audit/seal', 'audit/verify'])
    await complete(`node scripts/${command}.ts`, { ...site.urls, NEXTAUTH_SECRET });
  let count = 0;
  for (const locale of LOCALES) {
    for (const look of LOOKS) {
      for (const visit of stops.filter(({ name }) => look.only?.includes(name) ?? true)) {
        await capture(browser, site, visit, { locale, look, state: visit.who && states.get(visit.who) });
        count++;
      }
    }
  }
  await rm(FOLDER, { recursive: true, force: true });
  await rename(NEXT, FOLDER);
  console.log(`${count} pictures in ${FOLDER}`);
  return 0;
}

type State = Awaited<ReturnType<BrowserContext['storageState']>>;

async function signInAll(browser: Browser, site: TestSite): Promise<Map<Role, State>> {
  const states = new Map<Role, State>();
  for (const role of ROLES) {
    const context = await browser.newContext({ baseURL: site.origin, locale: 'en' });
    const page = await context.newPage();
    await page.goto('/login');
    await page.getByLabel('E-mail').fill(emailOf(role));
    await page.getByLabel('Password', { exact: true }).fill(site.accounts[role]);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL(`${site.origin}/`);
    states.set(role, await context.storageState());
    await context.close();
  }
  return states;
}

interface Shot {
  locale: (typeof LOCALES)[number];
  look: Appearance;
  state: State | null | undefined;
}

async function capture(
  browser: Browser,
  site: TestSite,
  visit: PageVisit,
  { locale, look, state }: Shot,
): Promise<void> {
  const context = await browser.newContext({
    baseURL: site.origin,
    locale,
    timezoneId: 'UTC',
    colorScheme: look.colorScheme,
    reducedMotion: 'reduce',
    viewport: { width: look.width, height: look.width < 500 ? 740 : 900 },
    ...(state ? { storageState: state } : {}),
  });
  const page = await context.newPage();
  await page.goto(visit.path, { waitUntil: 'networkidle' });
  const path = join(NEXT, `${visit.name}${look.suffix}.${locale}.png`);
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const clip = { x: 0, y: 0, width: look.width, height: Math.min(whole, TALLEST) };
  await page.screenshot({ path, fullPage: true, clip });
  await context.close();
}

await runCommand({ name: 'screenshots', usage: USAGE }, main);
