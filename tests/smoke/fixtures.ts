import { test as base, expect, type BrowserContext, type Page } from '@playwright/test';
import type { Role } from '#lib/access/permissions.ts';
import type { BrowserCheck } from '../../scripts/smoke/support/browser.ts';
import type { Account } from '../../scripts/smoke/support/run.ts';

const ORIGIN = process.env.SMOKE_ORIGIN ?? '';
const ACCOUNTS = JSON.parse(process.env.SMOKE_ACCOUNTS ?? '{}') as Record<Role, Account>;

export const https = ORIGIN.startsWith('https:');
export const ROLES = ['admin', 'auditor', 'user'] as const;
export const accountOf = (role: Role): Account => ACCOUNTS[role];
export const wantedCommit = process.env.SMOKE_COMMIT ?? '';
export const agentKey = process.env.SMOKE_AGENT_KEY ?? '';

interface Shared {
  /** The page of somebody of this role: signed in through the form at its first use. */
  as: (role: Role) => Promise<Page>;
}

const test = base.extend<object, Shared>({
  as: [
    async ({ browser }, use) => {
      const pages = new Map<Role, Promise<Page>>();
      await use((role) => {
        const page = pages.get(role) ?? browser.newContext({ baseURL: ORIGIN }).then((context) => enter(context, role));
        pages.set(role, page);
        return page;
      });
      // Ends the sessions of the run, whatever failed before.
      for (const opened of await Promise.allSettled(pages.values()))
        if (opened.status === 'fulfilled') await leave(opened.value);
    },
    { scope: 'worker' },
  ],
});

async function enter(context: BrowserContext, role: Role): Promise<Page> {
  const page = await context.newPage();
  const { email, password } = accountOf(role);
  await page.goto('/');
  await page.getByRole('textbox', { name: /^(E-mail|Эл)/ }).fill(email);
  await page.getByLabel(/^(Password|Пароль)$/).fill(password);
  await page.getByRole('button', { name: /^(Sign in|Войти)$/ }).click();
  await expect(page, `signed in as ${role}, the browser does not arrive at /`).toHaveURL(`${ORIGIN}/`);
  return page;
}

async function leave({ request }: Page): Promise<void> {
  const csrf = await request.get('/api/auth/csrf').catch(() => undefined);
  const { csrfToken } = ((await csrf?.json().catch(() => ({}))) ?? {}) as { csrfToken?: string };
  if (csrfToken) await request.post('/api/auth/signout', { form: { csrfToken, json: 'true' } });
}

/** A test whose name is a promise of the smoke. What it returns is told when it is kept. */
export function browserCheck(name: BrowserCheck, run: (given: Shared & { page: Page }) => Promise<string>): void {
  test(name, async ({ page, as }) => {
    const description = await run({ page, as });
    test.info().annotations.push({ type: 'seen', description });
  });
}

export { expect };
