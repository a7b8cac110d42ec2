import type { Page } from '@playwright/test';
import { HEALTH_PATH } from '#lib/release/contract.ts';
import { isAllowed, pages, protectedPages } from '../../scripts/smoke/support/routes.ts';
import { accountOf, expect, https, browserCheck, ROLES, wantedCommit } from './fixtures.ts';

const MAX_REDIRECTS = 4;

browserCheck('health', async ({ page }) => {
  const answer = await page.goto(HEALTH_PATH);
  expect(answer?.status(), `${HEALTH_PATH} answers ${answer?.status()}`).toBe(200);
  const { status, commit } = (await answer?.json()) as { status?: string; commit?: string | null };
  expect(status, `health says ${status}`).toBe('ok');
  const serving = commit ?? 'an unknown commit';
  expect(serving.startsWith(wantedCommit), `stale commit: ${serving} is served, not ${wantedCommit}`).toBe(true);
  return serving;
});

browserCheck('signed-out', async ({ page }) => {
  for (const path of protectedPages()) {
    let redirects = 0;
    page.on('response', (response) => (redirects += response.status() >= 300 && response.status() < 400 ? 1 : 0));
    await page.goto(path, { waitUntil: 'commit' }).catch((error: Error) => {
      expect(error.message, `redirect loop at ${path}`).not.toContain('ERR_TOO_MANY_REDIRECTS');
      throw error;
    });
    page.removeAllListeners('response');
    expect(new URL(page.url()).pathname, `${path} is open to anyone`).toBe('/login');
    expect(redirects, `redirect loop: ${redirects} redirects at ${path}`).toBeLessThan(MAX_REDIRECTS);
  }
  return `${protectedPages().length} pages lead to /login`;
});

browserCheck('headers', async ({ page }) => {
  const complaints = listen(page);
  const headers = (await page.goto('/login'))?.headers() ?? {};
  for (const [name, pattern] of [
    ['content-security-policy', /'nonce-/],
    ['x-content-type-options', /nosniff/],
    ['referrer-policy', /./],
    ...(https ? ([['strict-transport-security', /max-age=\d{7,}/]] as const) : []),
  ] as const)
    expect(headers[name] ?? '', `/login lacks ${name}`).toMatch(pattern);
  await expect(page.getByRole('button', { name: 'Sign in' }), '/login shows no form').toBeVisible();
  expect(complaints, `the browser complains about /login: ${complaints[0]}`).toEqual([]);
  return 'present, and the page works under them';
});

browserCheck('sign-in', async ({ as }) => {
  for (const role of ROLES) {
    const page = await as(role);
    const cookie = (await page.context().cookies()).find(({ name }) => name.endsWith('session'));
    expect(cookie?.httpOnly, `the session cookie of ${role} is not HttpOnly`).toBe(true);
    expect(cookie?.sameSite, `the session cookie of ${role} is not SameSite=Lax`).toBe('Lax');
    expect(cookie?.secure, `the session cookie of ${role} is ${https ? 'not ' : ''}Secure`).toBe(https);
  }
  return `three accounts through the form; HttpOnly, SameSite=Lax${https ? ', Secure' : ''}`;
});

browserCheck('roles', async ({ as }) => {
  let checked = 0;
  for (const role of ROLES)
    for (const [path, guard] of pages()) {
      const allowed = isAllowed(role, guard);
      if (allowed === undefined) continue;
      const status = (await (await as(role)).goto(path, { waitUntil: 'commit' }))?.status();
      expect(status, `${role} gets ${status} at ${path}, not ${allowed ? 200 : 403}`).toBe(allowed ? 200 : 403);
      checked++;
    }
  return `${checked} combinations`;
});

browserCheck('mixed-content', async ({ as }) => {
  const page = await as('admin');
  const complaints = listen(page);
  const asked = new Set<string>();
  page.on('request', (request) => asked.add(request.url()));
  for (const path of protectedPages()) {
    await page.goto(path, { waitUntil: 'load' });
    for (const url of await resourcesOf(page)) asked.add(url);
    const own = new URL(page.url()).origin;
    const foreign = [...asked].find((url) => /^(https?|wss?):/.test(url) && new URL(url).origin !== own);
    expect(foreign, `mixed content at ${path}: ${foreign}`).toBeUndefined();
    expect(complaints, `the browser complains about ${path}: ${complaints[0]}`).toEqual([]);
  }
  page.removeAllListeners();
  return `${asked.size} addresses, all of this origin`;
});

browserCheck('sign-out', async ({ as }) => {
  for (const role of ROLES) {
    const page = await as(role);
    await page.goto('/');
    const old = await page.context().cookies();
    await page.locator('[popovertarget="user-menu"]').click();
    await page.getByRole('button', { name: /^(Sign out|Выйти)$/ }).click();
    await expect(page, `signing out as ${role} does not lead to /login`).toHaveURL(/\/login/);
    await page.context().addCookies(old);
    await page.goto('/account');
    await expect(page, `a copied cookie of ${accountOf(role).email} outlives the sign-out`).toHaveURL(/\/login/);
  }
  return 'sessions end, copied cookies too';
});

/** What the browser writes to its console as an error, and what scripts do not catch. */
function listen(page: Page): string[] {
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  return complaints;
}

/** Everything that the page names to be loaded or sent to; a policy that blocks it also keeps it from the list of requests. */
const resourcesOf = (page: Page): Promise<string[]> =>
  page.locator('img, script[src], link[href], iframe, form, video, audio, source').evaluateAll((elements) =>
    elements.flatMap((element) => {
      const { src, href, action } = element as unknown as Record<'src' | 'href' | 'action', unknown>;
      return [src, href, action].filter((url) => typeof url === 'string' && url !== '') as string[];
    }),
  );
