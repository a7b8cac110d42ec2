import { randomUUID } from 'node:crypto';
import {
  test as base,
  expect,
  type APIRequestContext,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
} from '@playwright/test';
import type { Role } from '#lib/access/permissions.ts';
import { openDb, type Db } from '#lib/db.ts';
import { createUserWithPassword } from '#lib/users/create.ts';
import type { TestSite } from '../../../scripts/dev/support/browser/test-site.ts';
import { SITE_VARIABLE } from './site.ts';

export type Site = Omit<TestSite, 'stop'>;

export interface Person {
  id: string;
  email: string;
  name: string;
  role: Role;
  password: string;
}

type As = (who: Role | Person | null, options?: BrowserContextOptions) => Promise<Page>;
type RequestAs = (who: Role | Person | null) => Promise<APIRequestContext>;

interface PerTest {
  /** A page signed in through the real form as somebody of this role, or as this person; null is a visitor. */
  as: As;
  /** The same without a page, for tests that only ask the server. */
  requestAs: RequestAs;
  /** A new person of a role, for tests that end sessions or change accounts. */
  person: (role: Role) => Promise<Person>;
  /** Console errors that a test provokes on purpose, such as the line Chromium prints for a 403. */
  allowed: RegExp[];
}

interface PerWorker {
  site: Site;
  db: Db;
  /** The cookies of each role, from one sign-in per worker. */
  states: Map<Role, Awaited<ReturnType<BrowserContext['storageState']>>>;
}

const ACT = { actor: { type: 'system', id: 'e2e', label: 'e2e' }, origin: { source: 'cli' } } as const;

/** Every page of a test is watched: a console error or an uncaught error that was not allowed fails it. */
export const test = base.extend<PerTest, PerWorker>({
  site: [
    async ({}, use) => {
      await use(JSON.parse(process.env[SITE_VARIABLE] ?? '') as Site);
    },
    { scope: 'worker' },
  ],
  db: [
    async ({ site }, use) => {
      const db = openDb(site.urls.DATABASE_URL, { max: 2 });
      await use(db);
      await db.$disconnect();
    },
    { scope: 'worker' },
  ],
  states: [async ({}, use) => use(new Map()), { scope: 'worker' }],
  baseURL: async ({ site }, use) => use(site.origin),
  allowed: async ({}, use) => use([]),

  person: async ({ db }, use) => {
    await use(async (role) => {
      const tag = randomUUID().slice(0, 8);
      const wanted = { email: `${role}-${tag}@example.org`, name: `${role} ${tag}`, role, password: randomUUID() };
      const made = await createUserWithPassword(db, ACT, wanted);
      if (!made.ok) throw new Error(made.detail);
      return { ...wanted, id: made.value.id };
    });
  },

  as: async ({ browser, site, states, allowed }, use) => {
    const contexts: BrowserContext[] = [];
    const complaints: string[] = [];
    await use(async (who, options = {}) => {
      const role = typeof who === 'string' ? who : undefined;
      const kept = role && states.get(role);
      const context = await browser.newContext({
        baseURL: site.origin,
        ...(kept ? { storageState: kept } : {}),
        ...options,
      });
      contexts.push(context);
      watch(context, complaints);
      const page = await context.newPage();
      if (who === null || kept) return page;
      const person = typeof who === 'string' ? { email: `${who}@example.org`, password: site.accounts[who] } : who;
      await signIn(page, person);
      if (role) states.set(role, await context.storageState());
      return page;
    });
    for (const context of contexts) await context.close();
    expect(complaints.filter((text) => !allowed.some((pattern) => pattern.test(text)))).toEqual([]);
  },

  requestAs: async ({ as, playwright, site, states }, use) => {
    const contexts: APIRequestContext[] = [];
    await use(async (who) => {
      const kept = typeof who === 'string' ? states.get(who) : undefined;
      const storageState = who === null ? undefined : (kept ?? (await (await as(who)).context().storageState()));
      const context = await playwright.request.newContext({
        baseURL: site.origin,
        ...(storageState ? { storageState } : {}),
      });
      contexts.push(context);
      return context;
    });
    for (const context of contexts) await context.dispose();
  },
});

function watch(context: BrowserContext, complaints: string[]): void {
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.page()?.url()}: ${message.text()}`);
  });
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().message}`));
}

/** Signs in through the page, in English, and waits for where it leads. */
export async function signIn(
  page: Page,
  { email, password }: { email: string; password: string },
  target = '/',
): Promise<void> {
  if (!page.url().includes('/login')) await page.goto('/login');
  await page.getByRole('textbox', { name: /^(E-mail|Эл)/ }).fill(email);
  await page.getByLabel(/^(Password|Пароль)$/).fill(password);
  await page.getByRole('button', { name: /^(Sign in|Войти)$/ }).click();
  await page.waitForURL((url) => url.pathname + url.search === target);
}

export { expect };
